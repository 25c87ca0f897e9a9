// Verifies a webhook as its receiver does: node verify_webhook.mjs SECRET BODY HEADERS, the last as JSON.
import { Webhook } from "standardwebhooks";

const [secret, body, headers] = process.argv.slice(2);
try {
  console.log(JSON.stringify(new Webhook(secret).verify(body, JSON.parse(headers))));
} catch (error) {
  console.log(`refused: ${error.message}`);
}
