// Where a peer listens, and the settings of its connections, which are the product's and the limit's. The database is
// where PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE say, as both drivers read them.
if (!process.env.PORT) throw new Error('PORT says where to listen.');

export const host = '127.0.0.1';
export const port = Number(process.env.PORT);
export const connections = 10;
export const session = { jit: 'off', random_page_cost: '1.1', plan_cache_mode: 'force_generic_plan' };
