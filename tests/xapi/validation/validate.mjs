// Reads statements as JSON, one array, and prints what is wrong with them: an array of warnings for each statement.
import validation from "@learninglocker/xapi-validation";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const statements = JSON.parse(Buffer.concat(chunks).toString("utf8"));
console.log(JSON.stringify(statements.map((one) => validation.default(one).map((warning) => warning.constructor.name))));
