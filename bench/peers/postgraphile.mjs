// PostGraphile: its schema is made from the tables, and from the functions of postgraphile.sql.
import { createServer } from 'node:http';

import { PgManyToManyPreset } from '@graphile-contrib/pg-many-to-many';
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import pg from 'pg';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { jsonPgSmartTags } from 'postgraphile/utils';

import { connections, host, port, session } from './settings.mjs';

// Times are printed in the zone of the connection.
const settings = Object.entries({ ...session, timezone: 'Asia/Tokyo' });
const options = settings.map(([name, value]) => `-c ${name}=${value}`).join(' ');

const preset = {
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PgManyToManyPreset],
  plugins: [
    jsonPgSmartTags({
      version: 1,
      config: {
        class: {
          'public.progress_events': {
            tags: {
              foreignKey:
                '(student_id, lesson_package_id) references public.student_lesson_packages (student_id, lesson_package_id)' +
                '|@foreignFieldName progress',
            },
          },
        },
      },
    }),
  ],
  pgServices: [
    makePgService({
      pool: new pg.Pool({ max: connections, options }),
      schemas: ['public', 'peers'],
      pubsub: false,
    }),
  ],
  schema: { defaultBehavior: '+connection +list' },
  grafast: { explain: false },
  grafserv: { graphiql: false, graphqlOverGET: true, graphqlPath: '/graphql', watch: false },
};

const served = postgraphile(preset);
const server = createServer();
await served.createServ(grafserv).addTo(server);
server.listen(port, host);
