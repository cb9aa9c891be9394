import pg from 'pg';
import { afterAll, afterEach, inject } from 'vitest';

import { APPLICATION_ROLE, openDatabase } from '../../src/storage/database.ts';
import type { Database } from '../../src/storage/database.ts';
import { databaseUrl } from './addresses.ts';

export type TestDatabase = {
  readonly name: string;
  /** Sessions act as the application role, as in production. */
  readonly connectionString: string;
  /** Sessions stay the user that owns the schema; for migrations and for looking behind the application's back. */
  readonly ownerConnectionString: string;
  /** A pool of application sessions, closed after the file. */
  readonly database: Database;
};

let clones = 0;

/**
 * Clones the migrated template for the calling test file (`const { database } = await cloneDatabase();` at its top).
 * Dropped when all tests of the file passed; kept, with its name printed, when one failed.
 */
export async function cloneDatabase(template = inject('templateName')): Promise<TestDatabase> {
  clones += 1;
  const run = inject('templateName').replace(/^\D*/, '');
  const name = `creditpool_test_${run}_${process.pid}_${clones}_${Date.now().toString(36)}`;
  await onServer(`create database ${name} template ${template} strategy file_copy`);
  const ownerConnectionString = databaseUrl(inject('maintenanceUrl'), name);
  const connectionString = asApplication(ownerConnectionString);
  const database = openDatabase({ connectionString, poolSize: 6 });
  dropWhenPassed(name, database);
  return { name, connectionString, ownerConnectionString, database };
}

/** A database without any table, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return cloneDatabase('template0');
}

function dropWhenPassed(name: string, database: Database): void {
  let failed = false;
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  afterAll(async () => {
    await database.destroy();
    if (failed) console.error(`a test failed; its database is kept: ${name}`);
    else await onServer(`drop database ${name} with (force)`);
  });
}

function asApplication(ownerConnectionString: string): string {
  const url = new URL(ownerConnectionString);
  url.searchParams.set('options', `-c role=${APPLICATION_ROLE}`);
  return url.href;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('maintenanceUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
