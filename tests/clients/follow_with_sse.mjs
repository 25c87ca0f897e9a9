// Follows the graph with graphql-sse: an order on standard input, the messages as JSON.
import { createClient } from 'graphql-sse';

import { change, order } from './change.mjs';

let changing;
const client = createClient({
  url: order.url,
  headers: { authorization: `Bearer ${order.token}` },
  retryAttempts: 0,
  on: { connected: () => { changing ??= change(); } },
});

const messages = [];
for await (const { data, errors } of client.iterate({ query: order.document, variables: order.variables })) {
  if (errors) throw new AggregateError(errors, JSON.stringify(errors));
  if (messages.push(data) === order.take) break;
}
await changing;
client.dispose();
console.log(JSON.stringify(messages));
