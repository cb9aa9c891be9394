import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startEmbeddedPostgres } from '../src/embedded/postgres.ts';
import { startSimulator } from '../src/simulator/simulator.ts';
import {
  freePort,
  runCommand,
  type ServerProcess,
  type Settings,
  standing,
  startServer,
} from './support/service-process.ts';

let folder = '';
let settings: Settings = {};
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'creditpool-server-'));
  settings = {
    CREDITPOOL_DIR: join(folder, 'data'),
    PORT: String(await freePort()),
    SIMULATOR_PORT: String(await freePort()),
    LOG_LEVEL: 'error',
  };
  server = startServer(settings);
  await standing(server);
}, 120_000);
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await rm(folder, { recursive: true, force: true });
});

async function secrets(): Promise<NodeJS.Dict<string>> {
  return parseEnv(await readFile(join(folder, 'data', 'env'), 'utf8'));
}

async function call(path: string, body?: object): Promise<Record<string, unknown>> {
  const { CREDITPOOL_URL: url, CREDITPOOL_API_KEY: key } = await secrets();
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

describe('a first start without any setting', () => {
  test('says what stands and where, in a sandbox that calls itself one', async () => {
    const lines = server.output().trimEnd().split('\n');
    expect(lines[0]).toMatch(/^creditpool \d.* SANDBOX/);
    expect(lines.filter((line) => line.startsWith('✔')).length).toBe(5);
    expect(lines.filter((line) => line.includes('SANDBOX')).length).toBeGreaterThanOrEqual(4);
    expect(server.output()).toContain(`http://127.0.0.1:${settings['PORT']}/v1`);
  });

  test('keeps its key in a file that only its owner reads, and shows no more than its end', async () => {
    const key = (await secrets())['CREDITPOOL_API_KEY'] ?? '';
    expect((await stat(join(folder, 'data', 'env'))).mode & 0o777).toBe(0o600);
    expect(server.output()).not.toContain(key);
    expect(server.output()).toContain(`cp_test_…${key.slice(-4)}`);
  });

  test('has customers with paid invoices and usage, whose books balance and reconcile', async () => {
    expect(await call('/readyz')).toMatchObject({ status: 'ready', outboxParked: 0, inboxParked: 0 });
    const { data } = (await call('/v1/invoices?customer=ext:acme')) as { data: readonly { status: string }[] };
    expect(data.map(({ status }) => status)).toEqual(['paid', 'paid']);
    expect(await call('/v1/reconciliations', { full: true })).toMatchObject({ customers: 4, unexplained: 0 });
  });

  test('what it says to try works when it is pasted', async () => {
    const command = /^Try: +npm run -s creditpool -- (.*)$/m.exec(server.output())?.[1] ?? '';
    const { exitCode, stdout } = await runCommand(settings, ...command.split(' '));
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^Yes: report\.generate costs 20 credits/)]);
  });
});

test('the clock moves by command, and the next cycle is invoiced on the way', async () => {
  const { exitCode, stdout } = await runCommand(settings, 'sim', 'advance', '31d', '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ object: 'sandbox_clock' });
  const { data } = (await call('/v1/invoices?customer=ext:acme')) as { data: readonly { status: string }[] };
  expect(data.map(({ status }) => status)).toEqual(['paid', 'paid', 'paid']);
  expect((await runCommand(settings, 'ledger', 'verify')).exitCode).toBe(0);
  // Each night on the way was worked off: its day is sealed, and what was earned on it is recorded.
  const { stdout: roots } = await runCommand(settings, 'ledger', 'roots', '--json');
  expect(roots.trimEnd().split('\n').length).toBeGreaterThanOrEqual(30);
}, 120_000);

test('INV-17 a killed server loses no acknowledged event and doubles none', async () => {
  const acknowledged: string[] = [];
  const batch = (round: number) =>
    Array.from({ length: 50 }, (_, index) => ({
      id: `kill-${round}-${index}`,
      customer: 'ext:acme',
      action: 'api.call',
      quantities: { calls: 1 },
    }));
  const sendUntilDead = async (from: number): Promise<void> => {
    for (let round = from; ; round += 3) {
      const answer = await call('/v1/track', { events: batch(round) }).catch(() => null);
      if (answer === null) return;
      for (const { id } of answer['results'] as readonly { id: string }[]) acknowledged.push(id);
    }
  };
  const clients = Promise.all([0, 1, 2].map(sendUntilDead));
  await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(500);
  server.child.kill('SIGKILL');
  await Promise.all([clients, server.ended]);

  server = startServer(settings);
  await standing(server);
  expect(server.output()).toContain('kept from the last start');
  const rounds = [...new Set(acknowledged.map((id) => Number(id.split('-')[1])))];
  const statuses = new Set<string>();
  for (const round of rounds) {
    const { results } = (await call('/v1/track', { events: batch(round) })) as {
      results: readonly { status: string }[];
    };
    for (const { status } of results) statuses.add(status);
  }
  expect([...statuses]).toEqual(['duplicate']);
  const verified = await runCommand(settings, 'ledger', 'verify', '--json');
  expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true, breaches: [] });
}, 120_000);

describe('what stands in the way is one line with its fix', () => {
  const refusal = async (more: Settings): Promise<string> => {
    const other = startServer({ ...settings, ...more });
    const exitCode = await other.ended;
    const lines = other.output().trimEnd().split('\n');
    expect(exitCode).toBe(1);
    const last = lines.filter((line) => line.startsWith('✘'));
    expect(last.length).toBe(1);
    return last[0] ?? '';
  };

  test('a taken port', async () => {
    expect(await refusal({ CREDITPOOL_DIR: join(folder, 'other') })).toMatch(/^✘ port \d+ is taken; .*PORT=\d+$/);
  });

  test('a second sandbox in the same folder', async () => {
    const elsewhere = { PORT: String(await freePort()), SIMULATOR_PORT: String(await freePort()) };
    expect(await refusal(elsewhere)).toMatch(/^✘ a sandbox runs in .* already; .*CREDITPOOL_DIR=/);
    expect(await readFile(join(folder, 'data', 'env'), 'utf8')).not.toContain(elsewhere.PORT);
  }, 60_000);

  test("the simulator's port taken", async () => {
    const elsewhere = { CREDITPOOL_DIR: join(folder, 'other'), PORT: String(await freePort()) };
    expect(await refusal(elsewhere)).toMatch(/^✘ port \d+ is taken; .*SIMULATOR_PORT=\d+$/);
  }, 60_000);

  test('a directory that cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const elsewhere = { CREDITPOOL_DIR: join(folder, 'file', 'x'), PORT: String(await freePort()) };
    expect(await refusal(elsewhere)).toMatch(/^✘ .*CREDITPOOL_DIR|DATABASE_URL/);
  });

  test('a wrong setting', async () => {
    expect(await refusal({ PORT: 'http' })).toMatch(/^✘ PORT=http is not usable: set a port/);
  });

  test('another Stripe account than the one of the database', async () => {
    const postgres = await startEmbeddedPostgres({ directory: join(folder, 'data') });
    const stranger = await startSimulator({ accountId: 'acct_stranger', secretKey: 'sk_test_stranger' });
    const line = await refusal({
      PORT: String(await freePort()),
      DATABASE_URL: postgres.connection.connectionString,
      STRIPE_SECRET_KEY: 'sk_test_stranger',
      STRIPE_HOST: stranger.host,
      STRIPE_PORT: String(stranger.port),
      STRIPE_PROTOCOL: 'http',
    });
    await stranger.close();
    expect(line).toMatch(
      /^✘ this database belongs to the sandbox, the settings say Stripe test mode; set STRIPE_SECRET_KEY/,
    );
  }, 60_000);

  test('a schema from the future', async () => {
    server.child.kill('SIGTERM');
    await server.ended;
    const postgres = await startEmbeddedPostgres({ directory: join(folder, 'data') });
    const client = new pg.Client(postgres.connection);
    await client.connect();
    await client.query(
      "insert into knex_migrations (name, batch, migration_time) values ('9999_future.sql', 99, now())",
    );
    await client.end();
    await postgres.stop();
    expect(await refusal({})).toMatch(/^✘ the database is newer than this creditpool: it has 9999_future\.sql; /);
  }, 60_000);
});
