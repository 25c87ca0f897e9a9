// node audit.mjs URL: graphql-http's audits of a server that speaks GraphQL over HTTP, a line for each.
// TOKEN in the environment is sent along. Ends with 1 when an audit fails, be it only a MAY.
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
const authorization = process.env.TOKEN && `Bearer ${process.env.TOKEN}`;

function fetchFn(input, init = {}) {
  return fetch(input, { ...init, headers: authorization ? { ...init.headers, authorization } : init.headers });
}

const failed = [];
const audits = serverAudits({ url, fetchFn });
for (const { id, name, fn } of audits) {
  const [level, ...rest] = name.split(' ');
  const { status, reason, response } = await fn();
  console.log(status === 'ok' ? 'ok  ' : 'FAIL', level.padEnd(6), id, rest.join(' '));
  if (status !== 'ok') failed.push(`${level} ${id}: ${reason}; it was ${await shown(response)}`);
}

/** What the server answered. */
async function shown(response) {
  const body = response.bodyUsed ? '' : ` ${(await response.text()).slice(0, 300)}`;
  return `${response.status} ${response.headers.get('content-type')}${body}`;
}

for (const line of failed) console.error(line);
if (failed.length > 0) console.log(`${failed.length} of ${audits.length} failed`);
else console.log(`${audits.length} ok`);
process.exitCode = failed.length > 0 ? 1 : 0;
