import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Knex } from 'knex';
import pg from 'pg';

import { ensureApplicationRole } from './application-role.ts';
import { openDatabase } from './database.ts';
import { runScript } from './query.ts';

export type MigrationSettings = {
  /** A user that owns the schema; sessions of the application use another role. */
  readonly connectionString: string;
  /** Where the `.sql` files are; default: those of this release. */
  readonly folder?: URL;
};

const RELEASED_MIGRATIONS = new URL('../../migrations/', import.meta.url);

/** Any fixed number will do: it only has to be the same in every release. */
const MIGRATION_LOCK = 4_091_126_001;
const LOCK_PAUSE_MS = 50;
const LOCK_WAIT_MS_MAX = 900_000;

/**
 * Runs the migrations that the database lacks, in the order of their names, and returns them. Instances that start
 * together wait for each other. Throws, without touching anything, when the database is newer than this release.
 */
export async function migrate(settings: MigrationSettings): Promise<readonly string[]> {
  const { connectionString, folder = RELEASED_MIGRATIONS } = settings;
  return withMigrationLock(connectionString, async (client) => {
    await refuseNewerSchema(client, folder);
    await ensureApplicationRole(client);
    const migrationSource = sqlMigrations(folder);
    const database = openForMaintenance(connectionString);
    try {
      // Left behind by a run that was killed; nobody else can hold it while we hold ours.
      if (await database.schema.hasTable('knex_migrations_lock')) {
        await database.migrate.forceFreeMigrationsLock({ migrationSource });
      }
      const [, applied] = (await database.migrate.latest({ migrationSource })) as [batch: number, applied: string[]];
      return applied;
    } finally {
      await database.destroy();
    }
  });
}

/** The migrations that `migrate` would run now. Throws when the database is newer than this release. */
export async function pendingMigrations(settings: MigrationSettings): Promise<readonly string[]> {
  const { connectionString, folder = RELEASED_MIGRATIONS } = settings;
  return withClient(connectionString, async (client) => {
    const applied = await refuseNewerSchema(client, folder);
    return (await sqlFiles(folder)).filter((name) => !applied.includes(name));
  });
}

async function withMigrationLock<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return withClient(connectionString, async (client) => {
    // Held by the session, so that it ends with the process, whatever happens to it.
    const giveUpAt = performance.now() + LOCK_WAIT_MS_MAX;
    while (!(await takesMigrationLock(client))) {
      if (performance.now() > giveUpAt) throw new Error('another instance has been migrating this database for 15 min');
      await sleep(LOCK_PAUSE_MS);
    }
    return work(client);
  });
}

/** Asked again and again: a statement that waits holds a snapshot, and `create index concurrently` waits for those. */
async function takesMigrationLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [MIGRATION_LOCK]);
  return rows[0]?.taken === true;
}

async function withClient<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function openForMaintenance(connectionString: string): Knex {
  const unlimited = { statementTimeoutMs: 0, lockTimeoutMs: 0, idleInTransactionTimeoutMs: 0 };
  return openDatabase({ connectionString, poolSize: 2, role: null, onWarning: isAlsoThrown, ...unlimited });
}

function isAlsoThrown(): void {
  // Said once is enough.
}

/** Returns the applied migrations, if this release knows them all. */
async function refuseNewerSchema(client: pg.Client, folder: URL): Promise<readonly string[]> {
  const applied = await appliedMigrations(client);
  const known = await sqlFiles(folder);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length === 0) return applied;
  throw new Error(
    `the database is newer than this creditpool: it has ${unknown.join(', ')}; ` +
      'install the creditpool release that last migrated it, or point DATABASE_URL at another database',
  );
}

async function appliedMigrations(client: pg.Client): Promise<readonly string[]> {
  const { rows: tables } = await client.query("select from pg_tables where tablename = 'knex_migrations'");
  if (tables.length === 0) return [];
  const { rows } = await client.query<{ name: string }>('select name from knex_migrations order by id');
  return rows.map(({ name }) => name);
}

async function sqlFiles(folder: URL): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
}

function sqlMigrations(folder: URL): Knex.MigrationSource<string> {
  return {
    getMigrations: async () => [...(await sqlFiles(folder))],
    getMigrationName: (name) => name,
    getMigration: async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return {
        // `….concurrent.sql` holds one statement that PostgreSQL refuses inside a transaction.
        config: { transaction: !name.endsWith('.concurrent.sql') },
        up: async (database) => {
          await runMigration(database, name, sql);
        },
        down: async () => {
          throw new Error('migrations only go forward');
        },
      };
    },
  };
}

async function runMigration(database: Knex, name: string, sql: string): Promise<void> {
  try {
    // Not by knex.raw, for which a question mark is a binding, even in comments and literals.
    await runScript(database, sql);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`migration ${name} failed: ${why}`, { cause: error });
  }
}
