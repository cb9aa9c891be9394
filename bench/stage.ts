// What every measurement stands on: a durable embedded PostgreSQL, a catalogue, customers with a running period, the HTTP
// server and the client. All of it is thrown away afterwards.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { assembleDeps } from '../src/billing.ts';
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts';
import { createApiKey } from '../src/operations/create-api-key.ts';
import { type Database, openDatabase } from '../src/storage/database.ts';
import { stampOnce } from '../src/storage/deployment.ts';
import { migrate } from '../src/storage/migrate.ts';
import { connectStripe } from '../src/stripe/gateway.ts';
import { subscribeCustomers } from './customers.ts';
import { NAIVE_TABLES } from './naive-holds.ts';
import { type LoadProcess, type ServerProcess, startLoad, startServer } from './processes.ts';
import type { Sizes } from './sizes.ts';

export interface Stage {
  /** As the owner of the schema: the benchmark's own tables and its looks behind the scenes. */
  readonly ownerUrl: string;
  readonly db: Database;
  /** Names of customers with a pool each. */
  readonly customers: readonly string[];
  /** One more, whose pool takes everything that a measurement of one hot pool sends. */
  readonly hot: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly server: ServerProcess;
  readonly load: LoadProcess;
  readonly sizes: Sizes;
  readonly say: (line: string) => void;
}

/** Written out although they are PostgreSQL's defaults: a figure without them would mean nothing. */
const DURABLE = { fsync: true, synchronous_commit: true, full_page_writes: true };

export interface StageOptions {
  readonly sizes: Sizes;
  readonly profileTo: string | null;
  readonly say: (line: string) => void;
}

/** Opens the stage, lets `measure` use it, and clears it away whatever happens. */
export async function onStage<Result>(
  options: StageOptions,
  measure: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const { sizes, say, profileTo } = options;
  const directory = await mkdtemp(join(tmpdir(), 'creditpool-bench-'));
  const statements = profileTo === null ? {} : { shared_preload_libraries: 'pg_stat_statements' };
  const postgres = await startEmbeddedPostgres({ directory, settings: { ...DURABLE, ...statements } });
  const ownerUrl = postgres.connection.connectionString;
  const db = openDatabase({ connectionString: ownerUrl, poolSize: 4 });
  const pepper = randomBytes(16).toString('hex');
  let server: ServerProcess | null = null;
  let load: LoadProcess | null = null;
  try {
    await migrate({ connectionString: ownerUrl });
    await asOwner(ownerUrl, async (client) => client.query(NAIVE_TABLES));
    if (profileTo !== null)
      await asOwner(ownerUrl, async (client) => client.query('create extension pg_stat_statements'));
    await stampOnce(db, { account: 'acct_bench', livemode: false, sandbox: true });
    say(`PostgreSQL ${postgres.version}, durable; ${sizes.pools} pools`);
    const [hot = '', ...customers] = await subscribeCustomers(db, sizes.pools + 1);
    const key = await newKey(db, pepper);
    server = await startServer(ownerUrl, pepper, profileTo);
    load = startLoad(server.origin);
    const result = await measure({
      ownerUrl,
      db,
      customers,
      hot,
      headers: { authorization: `Bearer ${key}` },
      server,
      load,
      sizes,
      say,
    });
    if (profileTo !== null) await keepStatements(ownerUrl, profileTo);
    return result;
  } finally {
    load?.stop();
    await server?.stop();
    await db.destroy();
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** What PostgreSQL spent its time on, by statement. */
async function keepStatements(ownerUrl: string, folder: string): Promise<void> {
  const { rows } = await asOwner(ownerUrl, async (client) =>
    client.query(
      `select query, calls::int, round(total_exec_time)::int as ms, rows::int, round(mean_exec_time::numeric, 3)::float as mean_ms
       from pg_stat_statements order by total_exec_time desc limit 40`,
    ),
  );
  await writeFile(join(folder, 'statements.json'), JSON.stringify(rows, null, 1));
}

async function newKey(db: Database, pepper: string): Promise<string> {
  const silent = (): void => undefined;
  const deps = assembleDeps({
    db,
    stripe: connectStripe({ secretKey: 'sk_test_nobody', host: '127.0.0.1', port: 9, protocol: 'http' }),
    log: { info: silent, warn: silent, error: silent },
  });
  const { text } = await createApiKey(deps, {
    name: 'benchmark',
    scopes: ['ingest', 'read'],
    livemode: false,
    pepper,
    randomness: randomBytes(41),
    at: new Date(),
  });
  return text;
}

export async function asOwner<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
