import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { findBinaries, linkLibraries } from '../../src/embedded/binaries.ts';
import { isLivingServer, readPidFile } from '../../src/embedded/pid-file.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { chooseRunUser } from '../../src/embedded/run-user.ts';
import { removeLeftSocketFolder } from '../../src/embedded/supervisor.ts';

let home = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'embedded-test-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  rmSync(home, { recursive: true, force: true });
});

const dataFolder = (): string => join(home, 'data');
const serverPid = (): number => readPidFile(dataFolder())?.pid ?? 0;

/** Starts the server from another process, which may then be killed. */
async function startElsewhere(way = 'any') {
  const script = new URL('../support/embedded-server.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, home, way], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { url: string; adopted: boolean }) };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await once(child, 'exit');
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows[0];
  } finally {
    await client.end();
  }
}

async function until(claim: () => boolean): Promise<void> {
  await expect.poll(claim, { timeout: 10_000, interval: 20 }).toBe(true);
}

test('the first start makes a UTF8 database behind a password and a private socket; the next one finds its rows', async () => {
  const first = await startEmbeddedPostgres({ directory: home });
  const url = first.connection.connectionString;
  expect(first).toMatchObject({ adopted: false, version: '18.4' });
  await ask(url, `create table notes as select 'Ünïcödé ✓' as text`);
  expect(await ask(url, `select text, length(text) from notes`)).toEqual({ text: 'Ünïcödé ✓', length: 9 });
  expect(
    await ask(
      url,
      `select current_setting('server_encoding') as encoding, current_setting('listen_addresses') as listening,
         current_setting('TimeZone') as zone, datlocprovider as provider, datlocale as locale
       from pg_database where datname = 'postgres'`,
    ),
  ).toEqual({ encoding: 'UTF8', listening: '', zone: 'UTC', provider: 'b', locale: 'C.UTF-8' });
  await expect(ask(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow('password authentication failed');
  expect(statSync(join(home, 'password')).mode & 0o777).toBe(0o600);
  const socketFolder = readPidFile(dataFolder())?.socketFolder ?? '';
  expect(statSync(socketFolder).mode & 0o777).toBe(0o700);
  await first.stop();
  expect(existsSync(socketFolder)).toBe(false);
  expect(readdirSync(home).toSorted()).toEqual(['data', 'password']);

  const second = await startEmbeddedPostgres({ directory: home, settings: { fsync: false } });
  expect(second.adopted).toBe(false);
  expect(await ask(second.connection.connectionString, 'select text from notes')).toEqual({ text: 'Ünïcödé ✓' });
  expect(await ask(second.connection.connectionString, 'show fsync')).toEqual({ fsync: 'off' });
  await second.stop();
});

test('a kill -9 of the parent leaves no server behind, and the next start works', async () => {
  const { child, url } = await startElsewhere();
  await ask(url, 'create table kept (id int)');
  const pid = serverPid();
  const socketFolder = readPidFile(dataFolder())?.socketFolder ?? '';
  await kill(child, 'SIGKILL');
  await until(() => !isLivingServer(pid, dataFolder()));
  const next = await startEmbeddedPostgres({ directory: home });
  expect(next.adopted).toBe(false);
  expect(await ask(next.connection.connectionString, 'select count(*)::int from kept')).toEqual({ count: 0 });
  expect(existsSync(socketFolder)).toBe(false);
  await next.stop();
});

test('a kill -9 of the server loses nothing that was committed', async () => {
  const { url, child } = await startElsewhere();
  await ask(url, 'create table kept as select 7 as id');
  process.kill(serverPid(), 'SIGKILL');
  // Its parent lives on, so a pid file and perhaps a zombie are left.
  const next = await startEmbeddedPostgres({ directory: home });
  expect(next.adopted).toBe(false);
  expect(await ask(next.connection.connectionString, 'select id from kept')).toEqual({ id: 7 });
  await kill(child, 'SIGKILL');
  expect(await ask(next.connection.connectionString, 'select id from kept')).toEqual({ id: 7 });
  await next.stop();
});

test('a living server is adopted, and stays with the process that started it', async () => {
  const { child } = await startElsewhere();
  const adopted = await startEmbeddedPostgres({ directory: home });
  expect(adopted.adopted).toBe(true);
  expect(await ask(adopted.connection.connectionString, 'select 1 as one')).toEqual({ one: 1 });
  await adopted.stop();
  expect(isLivingServer(serverPid(), dataFolder())).toBe(true);
  await kill(child, 'SIGTERM');
  await until(() => serverPid() === 0);
});

test('an orphan is adopted and then ours to stop', async () => {
  const { child } = await startElsewhere();
  const pid = serverPid();
  // As if the parent had died before the server was told to die with it.
  writeFileSync(join(home, 'supervisor.json'), JSON.stringify({ pid: 2 ** 30, socketFolder: '' }));
  const adopted = await startEmbeddedPostgres({ directory: home });
  expect(adopted.adopted).toBe(true);
  await adopted.stop();
  expect(isLivingServer(pid, dataFolder())).toBe(false);
  await kill(child, 'SIGKILL');
});

test('two first starts at once share one server', async () => {
  const both = await Promise.all([startElsewhere(), startElsewhere()]);
  expect(both.filter(({ adopted }) => adopted)).toHaveLength(1);
  expect(both[0].url).toBe(both[1].url);
});

test('a pid file whose pid now belongs to somebody else does not stop a start', async () => {
  const first = await startEmbeddedPostgres({ directory: home });
  const pidFile = readFileSync(join(dataFolder(), 'postmaster.pid'), 'utf8');
  await first.stop();
  writeFileSync(join(dataFolder(), 'postmaster.pid'), pidFile.replace(/^\d+/, String(process.pid)));
  const next = await startEmbeddedPostgres({ directory: home });
  expect(next.adopted).toBe(false);
  await next.stop();
});

test('a first start that was killed half-way is begun again', async () => {
  mkdirSync(join(home, `data.unfinished-${2 ** 30}`));
  const server = await startEmbeddedPostgres({ directory: home });
  await server.stop();
  expect(readdirSync(home)).not.toContain(`data.unfinished-${2 ** 30}`);
});

test('it works below a private home', async () => {
  const directory = join(home, 'private', 'creditpool');
  mkdirSync(directory, { recursive: true });
  chmodSync(join(home, 'private'), 0o700);
  const server = await startEmbeddedPostgres({ directory });
  expect(await ask(server.connection.connectionString, 'select 1 as one')).toEqual({ one: 1 });
  await server.stop();
});

test.runIf(process.getuid?.() === 0)('root without user namespaces runs it as nobody', async () => {
  chmodSync(home, 0o755);
  const { url, child } = await startElsewhere('no-namespaces');
  expect(await ask(url, 'select 1 as one')).toEqual({ one: 1 });
  expect(statSync(dataFolder()).uid).not.toBe(0);
  const pid = serverPid();
  await kill(child, 'SIGKILL');
  await until(() => !isLivingServer(pid, dataFolder()));
  removeLeftSocketFolder(home);
});

test.runIf(process.getuid?.() === 0)('as nobody, a private home is refused in one line', async () => {
  chmodSync(home, 0o700);
  await expect(startEmbeddedPostgres({ directory: home, namespacesAllowed: false })).rejects.toThrow(
    /^the embedded database runs as "nobody" here and cannot reach .*; move the project and CREDITPOOL_DIR out of private folders, or set DATABASE_URL to your own server$/,
  );
});

test('a directory that cannot be written is refused in one line', async () => {
  writeFileSync(join(home, 'file'), '');
  await expect(startEmbeddedPostgres({ directory: join(home, 'file', 'deeper') })).rejects.toThrow(
    /^cannot keep the embedded database in .*; set CREDITPOOL_DIR to a folder you may write, or DATABASE_URL to your own server$/,
  );
});

test('a cluster of another PostgreSQL is refused in one line', async () => {
  mkdirSync(dataFolder());
  writeFileSync(join(dataFolder(), 'PG_VERSION'), '15\n');
  await expect(startEmbeddedPostgres({ directory: home })).rejects.toThrow(
    /made by PostgreSQL 15 and this release brings 18\.4; set CREDITPOOL_DIR to an empty folder, or DATABASE_URL/,
  );
});

test('a setting that PostgreSQL refuses is told in one line', async () => {
  await expect(startEmbeddedPostgres({ directory: home, settings: { shared_buffers: 'lots' } })).rejects.toThrow(
    /^the embedded database in .* did not start \(.*invalid value for parameter "shared_buffers".*\); set CREDITPOOL_DIR/,
  );
});

test('a machine without a binary is told to set DATABASE_URL', () => {
  expect(() => findBinaries('sunos-sparc')).toThrow(
    'there is no embedded PostgreSQL for sunos-sparc; set DATABASE_URL to a PostgreSQL server',
  );
});

test('library links that no install script made are made, and whole ones are left alone', () => {
  const library = join(home, 'native', 'lib');
  mkdirSync(library, { recursive: true });
  writeFileSync(join(library, 'libpq.so.5.18'), 'library');
  symlinkSync('libpq.so.5.18', join(library, 'libpq.so.5'));
  writeFileSync(
    join(home, 'native', 'pg-symlinks.json'),
    JSON.stringify(
      ['libpq.so', 'libpq.so.5'].map((name) => ({ source: 'native/lib/libpq.so.5.18', target: `native/lib/${name}` })),
    ),
  );
  linkLibraries(home);
  expect(readFileSync(join(library, 'libpq.so'), 'utf8')).toBe('library');
  expect(() => linkLibraries(home)).not.toThrow();
});

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)('root never runs the server as root', () => {
  expect(chooseRunUser().prefix.length).toBeGreaterThan(0);
  expect(chooseRunUser(false).prefix).toContain('nobody');
});
