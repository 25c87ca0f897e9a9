// Follows the graph with urql over a WebSocket of graphql-ws: an order on standard input, the messages as JSON.
import { Client, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { change, order } from './change.mjs';

let changing;
const socket = createClient({
  url: order.url.replace('http:', 'ws:'),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: `Bearer ${order.token}` },
  keepAlive: 100,
  retryAttempts: 0,
  // What was asked for before a ping stands when its pong comes.
  on: { pong: (received) => { if (received) changing ??= change(); } },
});
const forwardSubscription = (request) => ({
  subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
});
const client = new Client({ url: order.url, exchanges: [subscriptionExchange({ forwardSubscription })] });

const messages = await new Promise((resolve, reject) => {
  const found = [];
  const { unsubscribe } = client.subscription(order.document, order.variables).subscribe(({ data, error }) => {
    if (error) return reject(error);
    if (found.push(data) < order.take) return;
    unsubscribe();
    resolve(found);
  });
});
await changing;
await socket.dispose();
console.log(JSON.stringify(messages, (key, value) => (key === '__typename' ? undefined : value)));
