// Mercurius on Fastify: documents are compiled by graphql-jit when they come a second time.
import { readFile } from 'node:fs/promises';

import Fastify from 'fastify';
import mercurius from 'mercurius';

import { context, resolvers } from './resolvers.mjs';
import { host, port } from './settings.mjs';

const schema = await readFile(new URL('schema.graphql', import.meta.url), 'utf8');
const app = Fastify();
app.register(mercurius, { schema, resolvers, context, jit: 1, graphiql: false });
await app.listen({ host, port });
