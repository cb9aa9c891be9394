// A host with the product in it twice, on its own pool and beside it, which closes one after the other and then has nothing left to do.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';
import pg from 'pg';

import { type BillingSettings, createBilling } from '../../src/index.ts';

const [, , connectionString = '', host = '', port = '', secretKey = '', customer = ''] = process.argv;
const SETTINGS = ['role', 'search_path', 'statement_timeout', 'lock_timeout', 'timezone'];
const silent = (): void => undefined;
const common = {
  stripe: { secretKey, host, port: Number(port), protocol: 'http' },
  webhookSecrets: [],
  apiKeyPepper: 'p',
  publicUrl: 'http://127.0.0.1',
  identify: () => ({ customer }),
  hooks: { onEvent: silent },
  log: { info: silent, warn: silent, error: (fields: object, message: string) => console.error(message, fields) },
} as const satisfies Partial<BillingSettings>;

const named = new URL(connectionString);
named.searchParams.set('application_name', 'a host');
const watcher = new pg.Client({ connectionString });
await watcher.connect();
const pool = new pg.Pool({ connectionString: named.href, max: 1 });
await pool.query(`set statement_timeout = 1234; set search_path = pg_catalog; set timezone = 'Asia/Tokyo'`);
const sessionOfHost = async (): Promise<unknown> => {
  const figures = SETTINGS.map((name) => `current_setting('${name}')`).join(', ');
  // What the host's own parsers make of a bigint, and which session it is.
  const { rows } = await pool.query({ text: `select pg_backend_pid(), 7::int8, ${figures}`, rowMode: 'array' });
  return rows[0];
};
const before = await sessionOfHost();

const shared = createBilling({ ...common, pool });
const own = createBilling({ ...common, databaseUrl: named.href });
const app = express();
app.use('/shared', shared.router);
app.use('/own', own.router);
const calls = { quantity: { calls: 1 } };
app.post('/by-shared', shared.requireCredits('api.call', calls), (_, response) => void response.json({}));
app.post('/slow', shared.requireCredits('api.call', calls), (_, response) => {
  process.stdout.write('held\n');
  setTimeout(() => response.json({}), 300);
});
app.post('/by-own', own.requireCredits('api.call', calls), (_, response) => void response.json({}));
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const post = async (path: string): Promise<readonly unknown[]> => {
  const answer = await fetch(origin + path, { method: 'POST' });
  const body = (await answer.json()) as { error?: { code: string } };
  return [answer.status, answer.headers.get('x-credits-cost') ?? body.error?.code];
};

shared.jobs.start();
own.jobs.start();
const served = [await post('/by-shared'), await post('/by-own')];
const slow = post('/slow');
await new Promise((resolve) => {
  setTimeout(resolve, 100);
});
const closing = shared.close();
const refused = [await post('/by-shared'), await post('/shared/v1/check')];
const finished = await slow;
await closing;
const after = await sessionOfHost();
const stillOwn = await post('/by-own');
await own.close();

const { rows: sessions } = await watcher.query(
  `select query from pg_stat_activity where application_name = 'a host' and pid <> $1`,
  [(after as readonly unknown[])[0]],
);
const { rows: listens } = await watcher.query('select pg_listening_channels()');
await pool.end();
await watcher.end();
server.closeAllConnections();
server.close();
await once(server, 'close');
// The client that asked keeps sockets of its own for a moment.
const dispatcher = (globalThis as Record<symbol, { destroy: () => Promise<void> } | undefined>)[
  Symbol.for('undici.globalDispatcher.1')
];
await dispatcher?.destroy();
const active = (): readonly string[] =>
  process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap');
// The host's own server and sockets are gone some turns after they are closed.
for (let turn = 0; turn < 200 && active().length > 0; turn += 1) {
  await new Promise((resolve) => {
    setTimeout(resolve, 10);
  });
}
const left = active();
console.log(JSON.stringify({ before, after, served, refused, finished, stillOwn, sessions, listens, left }));
