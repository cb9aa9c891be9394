// Of docs/plugin.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const databaseUrl: string;
declare const createBilling: typeof import('creditpool').createBilling;
declare const others: Omit<import('creditpool').BillingSettings, 'databaseUrl' | 'pool'>;
declare const pg: typeof import('pg');
const pool = new pg.Pool({ connectionString: databaseUrl });
const billing = createBilling({ ...others, pool });
void [databaseUrl, createBilling, others, pg, pool, billing];
export {};
