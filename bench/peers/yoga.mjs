// GraphQL Yoga on Node's own server.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

import { useGraphQlJit } from '@envelop/graphql-jit';
import { createSchema, createYoga } from 'graphql-yoga';

import { context, resolvers } from './resolvers.mjs';
import { host, port } from './settings.mjs';

const typeDefs = await readFile(new URL('schema.graphql', import.meta.url), 'utf8');
const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context,
  cors: false,
  graphiql: false,
  landingPage: false,
  logging: false,
  plugins: [useGraphQlJit()],
});
createServer(yoga).listen(port, host);
