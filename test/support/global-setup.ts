import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import type { TestProject } from 'vitest/node';

import { isLivingProcess } from '../../src/embedded/pid-file.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { removeLeftSocketFolder } from '../../src/embedded/supervisor.ts';
import { apiDocument } from '../../src/http/openapi.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { databaseUrl } from './addresses.ts';
import { stripeShapesFile } from './stripe-shapes.ts';

const FOLDER_PREFIX = 'creditpool-tests-';
const CLONE_PREFIX = 'creditpool_test_';

/** Where the databases of the last failed run are kept; `npm run test:inspect` opens them. */
const KEPT = new URL('../../.creditpool/failed-tests/', import.meta.url);

type Server = { readonly url: string; readonly close: (keepData: boolean) => Promise<void> };

/** One server for the run and one migrated template database; every test file clones it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openServer(process.env['TEST_DATABASE_URL']);
  const templateName = `creditpool_template_${process.pid}`;
  await onServer(server.url, (client) =>
    client.query(`create database ${templateName} encoding 'UTF8' template template0`),
  );
  await migrate({ connectionString: databaseUrl(server.url, templateName) });
  project.provide('maintenanceUrl', server.url);
  project.provide('templateName', templateName);
  project.provide('stripeShapesFile', stripeShapesFile());
  project.provide('openApi', JSON.stringify(apiDocument('/', { closed: true })));

  return async () => {
    const kept = await onServer(server.url, async (client) => {
      await client.query(`drop database if exists ${templateName} with (force)`);
      const { rows } = await client.query<{ datname: string }>(
        'select datname from pg_database where datname like $1 order by 1',
        [`${CLONE_PREFIX}${process.pid}_%`],
      );
      return rows.map(({ datname }) => datname);
    });
    await server.close(kept.length > 0);
  };
}

async function openServer(url: string | undefined): Promise<Server> {
  if (url !== undefined && url !== '') return { url, close: async () => undefined };
  await removeLeftFolders();
  const directory = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  const postgres = await startEmbeddedPostgres({
    directory,
    settings: { fsync: false, synchronous_commit: false, full_page_writes: false, max_connections: 200 },
  });
  return {
    url: postgres.connection.connectionString,
    close: async (keepData) => {
      await postgres.stop();
      if (keepData) await keep(directory);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** One failed run is kept, not each: they are 50 MB apiece. */
async function keep(directory: string): Promise<void> {
  await rm(KEPT, { recursive: true, force: true });
  await cp(directory, KEPT, { recursive: true });
}

/** A run that was killed could not tidy up. */
async function removeLeftFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^creditpool-tests-(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid === 0 || isLivingProcess(pid)) continue;
    removeLeftSocketFolder(join(tmpdir(), name));
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function onServer<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
