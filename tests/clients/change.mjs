// Reads the order of the clients that follow, and makes its changes by urql: see follow_with_gql.py for what it holds.
import { Client, fetchExchange } from '@urql/core';
import { text } from 'node:stream/consumers';

export const order = JSON.parse(await text(process.stdin));

/** Run the order's mutations, over HTTP. */
export async function change() {
  const headers = { authorization: `Bearer ${order.changer}` };
  const client = new Client({ url: order.url, exchanges: [fetchExchange], fetchOptions: { headers } });
  for (const { document, variables } of order.changes) {
    const { error } = await client.mutation(document, variables);
    if (error) throw error;
  }
}
