import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';

import { migrate, pendingMigrations } from '../../src/storage/migrate.ts';
import { cloneDatabase, emptyDatabase } from '../support/database.ts';

const FIRST = `-- Why: does a question mark survive?
create table notes (id int primary key, document jsonb not null default '{}');
comment on table notes is 'what?';
create view planned as select id from notes where document ? 'plan';
grant select, insert on notes, planned to creditpool_app;
`;
const SECOND = 'create index concurrently notes_by_document on notes (document);';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function folderOf(files: Readonly<Record<string, string>>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-test-'));
  folders.push(folder);
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql);
  return pathToFileURL(`${folder}/`);
}

const both = folderOf({ '0001_notes.sql': FIRST, '0002_index.concurrent.sql': SECOND });

async function rows(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const databases = await Promise.all(Array.from({ length: 8 }, async () => emptyDatabase()));
const released = await cloneDatabase();
const takeDatabase = (): string => databases.pop()?.ownerConnectionString ?? '';

test('migrations run once, in order, and say what they did', async () => {
  const connectionString = takeDatabase();
  expect(await pendingMigrations({ connectionString, folder: both })).toEqual([
    '0001_notes.sql',
    '0002_index.concurrent.sql',
  ]);
  expect(await migrate({ connectionString, folder: both })).toEqual(['0001_notes.sql', '0002_index.concurrent.sql']);
  expect(await pendingMigrations({ connectionString, folder: both })).toEqual([]);
  expect(await migrate({ connectionString, folder: both })).toEqual([]);
});

test('a question mark in SQL stays what it is', async () => {
  const connectionString = takeDatabase();
  await migrate({ connectionString, folder: both });
  await rows(connectionString, `insert into notes values (1, '{"plan": 1}'), (2, '{}')`);
  expect(await rows(connectionString, `select id, obj_description('notes'::regclass) as comment from planned`)).toEqual(
    [{ id: 1, comment: 'what?' }],
  );
});

test('instances that start together wait for each other, and each migration runs once', async () => {
  const connectionString = takeDatabase();
  const runs = await Promise.all([1, 2, 3].map(async () => migrate({ connectionString, folder: both })));
  expect(runs.flat()).toEqual(['0001_notes.sql', '0002_index.concurrent.sql']);
});

test('the role of the application is there and may be taken', async () => {
  const connectionString = takeDatabase();
  await migrate({ connectionString, folder: both });
  expect(await rows(connectionString, `set role creditpool_app; `)).toEqual([]);
  expect(
    await rows(connectionString, `select rolcanlogin, rolsuper from pg_roles where rolname = 'creditpool_app'`),
  ).toEqual([{ rolcanlogin: false, rolsuper: false }]);
});

test('a database that is newer than the code is refused in one line, untouched', async () => {
  const connectionString = takeDatabase();
  await migrate({ connectionString, folder: both });
  const older = folderOf({ '0001_notes.sql': FIRST, '0003_other.sql': 'create table other ();' });
  const refusal =
    /^the database is newer than this creditpool: it has 0002_index\.concurrent\.sql; install the creditpool release that last migrated it, or point DATABASE_URL at another database$/;
  await expect(migrate({ connectionString, folder: older })).rejects.toThrow(refusal);
  await expect(pendingMigrations({ connectionString, folder: older })).rejects.toThrow(refusal);
  expect(await rows(connectionString, `select from pg_tables where tablename = 'other'`)).toEqual([]);
});

test('a migration that fails leaves nothing of itself, names itself, and can be repaired', async () => {
  const connectionString = takeDatabase();
  const broken = folderOf({ '0001_notes.sql': FIRST, '0002_broken.sql': 'create table half (); select 1 / 0;' });
  await expect(migrate({ connectionString, folder: broken })).rejects.toThrow(
    /^migration 0002_broken\.sql failed: division by zero$/,
  );
  expect(await rows(connectionString, `select from pg_tables where tablename = 'half'`)).toEqual([]);
  const repaired = folderOf({ '0001_notes.sql': FIRST, '0002_broken.sql': 'create table whole ();' });
  expect(await migrate({ connectionString, folder: repaired })).toContain('0002_broken.sql');
});

test('the lock that a killed run left behind is freed', async () => {
  const connectionString = takeDatabase();
  await migrate({ connectionString, folder: folderOf({ '0001_notes.sql': FIRST }) });
  await rows(connectionString, 'update knex_migrations_lock set is_locked = 1');
  expect(await migrate({ connectionString, folder: both })).toEqual(['0002_index.concurrent.sql']);
});

test('a user who may not create the role learns what an administrator has to do', async () => {
  const name = `plain_${process.pid}`;
  const plain = new URL(released.ownerConnectionString);
  [plain.username, plain.password] = [name, 'plain'];
  await rows(inject('maintenanceUrl'), `create role ${name} login password 'plain'`);
  try {
    await rows(released.ownerConnectionString, `grant select on knex_migrations to ${name}`);
    await expect(migrate({ connectionString: plain.href })).rejects.toThrow(
      `the database user "${name}" may not create or grant the role creditpool_app; have an administrator run: create role creditpool_app nologin; grant creditpool_app to "${name}";`,
    );
  } finally {
    await rows(released.ownerConnectionString, `drop owned by ${name}`);
    await rows(inject('maintenanceUrl'), `drop role ${name}`);
  }
});

test('the released migrations are all in the template', async () => {
  expect(await pendingMigrations({ connectionString: released.ownerConnectionString })).toEqual([]);
});
