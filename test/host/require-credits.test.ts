// A host's own Express app, of either version, with its own routes: what is charged, what is not, and what happens when things go wrong.
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, request as ask, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import express5 from 'express';
import { afterAll, describe, expect, test, vi } from 'vitest';

import type { HostSettings } from '../../src/host/open-host.ts';
import { type Billing, type BillingSettings, createBilling } from '../../src/index.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 60_000 });

// Typed as the version that the types are of; what they share is what is used.
const express4 = createRequire(import.meta.url)('express4') as typeof express5;

const { database, connectionString } = await cloneDatabase();
const story = await tellStory(database);
const errors: string[] = [];

function billingFor(more: Partial<HostSettings> = {}): Billing {
  const { host, port, secretKey } = story.simulator;
  const silent = (): void => undefined;
  const billing = createBilling({
    databaseUrl: connectionString,
    databasePoolSize: 4,
    stripe: { secretKey, host, port, protocol: 'http' },
    webhookSecrets: [],
    apiKeyPepper: 'a pepper of the host',
    publicUrl: 'http://127.0.0.1',
    identify: (request) => {
      const customer = request.get('x-organisation');
      return customer === undefined ? null : { customer };
    },
    log: { info: silent, warn: silent, error: (_, message) => void errors.push(message) },
    ...more,
  });
  afterAll(async () => billing.close());
  return billing;
}

type App = ReturnType<typeof express5>;

async function listen(app: App): Promise<string> {
  const server: Server = createServer(app).listen(0, '127.0.0.1');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const by = ({ externalId }: Subscriber) => ({ method: 'POST', headers: { 'x-organisation': `ext:${externalId}` } });
const figures = ({ headers, status }: Response) => [
  status,
  headers.get('x-credits-cost'),
  headers.get('x-credits-remaining'),
];
const left = async (customer: Subscriber) => {
  const { available, held } = await customer.balance();
  return [available, held];
};

describe.for([
  ['4', express4],
  ['5', express5],
] as const)('in an app of Express %s', ([, express]) => {
  const billing = billingFor();
  const app = express();
  app.use('/billing', billing.router);
  app.use(express.json());
  const calls = { quantity: { calls: 100 } };
  app.post('/held', billing.requireCredits('api.call', calls), (request, response) => {
    request.credits?.setQuantity({ calls: 30 });
    response.status(201).json({ made: true });
  });
  app.post('/charged', billing.requireCredits('api.call', { ...calls, mode: 'charge_on_success' }), (_, response) => {
    response.json({ made: true });
  });
  app.post('/fails', billing.requireCredits('api.call', calls), (_, response) => void response.status(422).json({}));
  app.post('/throws', billing.requireCredits('api.call', calls), () => {
    throw new Error('the handler is broken');
  });
  app.post('/stream', billing.requireCredits('api.call', calls), (request, response) => {
    response.write('one ');
    const timer = setInterval(() => response.write('more '), 10);
    response.once('close', () => clearInterval(timer));
    if (request.query['whole'] !== undefined) {
      request.credits?.setQuantity({ calls: 2 });
      setTimeout(() => response.end('end'), 30);
    }
  });
  const origin = listen(app);

  test('what was held is captured by what was really used, and the answer says what it cost', async () => {
    const customer = await story.subscriber();
    expect(figures(await fetch(`${await origin}/held`, by(customer)))).toEqual([201, '30', '9970']);
    expect(await left(customer)).toEqual(['9970', '0']);
    expect(figures(await fetch(`${await origin}/charged`, by(customer)))).toEqual([200, '100', '9870']);
    expect(await left(customer)).toEqual(['9870', '0']);
    expect((await fetch(`${await origin}/billing/readyz`)).status).toBe(200);
  });

  test('what fails or throws costs nothing', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const customer = await story.subscriber();
    expect((await fetch(`${await origin}/fails`, by(customer))).status).toBe(422);
    expect((await fetch(`${await origin}/throws`, by(customer))).status).toBe(500);
    expect(await left(customer)).toEqual(['10000', '0']);
    vi.restoreAllMocks();
  });

  test('a stream is captured when it has ended, and released when its reader leaves', async () => {
    const customer = await story.subscriber();
    const whole = await fetch(`${await origin}/stream?whole`, by(customer));
    expect(await whole.text()).toMatch(/^one (more )*end$/);
    expect(await left(customer)).toEqual(['9998', '0']);
    const reader = ask(`${await origin}/stream`, by(customer)).end();
    const [response] = (await once(reader, 'response')) as [NodeJS.ReadableStream];
    await once(response, 'data');
    expect(await left(customer)).toEqual(['9898', '100']);
    reader.destroy();
    await vi.waitFor(async () => expect(await left(customer)).toEqual(['9998', '0']));
  });

  test('nobody pays, or nobody can: the handler is not run', async () => {
    const customer = await story.subscriber();
    expect((await fetch(`${await origin}/held`, { method: 'POST' })).status).toBe(401);
    await story.call('PUT', `/v1/customers/${customer.stripeCustomer}/spending_limit`, { overage_credits: '0' });
    await customer.use(9_950);
    const refused = await fetch(`${await origin}/held`, by(customer));
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({
      error: { code: 'insufficient_credits', details: { available: '50' } },
    });
  });
});

describe('while the database is away', () => {
  /** A way to the database that can be cut, or let nothing through for a while. */
  const sockets = new Set<Socket>();
  const ways: (readonly [from: Socket, to: Socket])[] = [];
  let isAway = false;
  let isStalled = false;
  const stall = (): void => {
    isStalled = true;
    for (const [from, to] of ways) from.unpipe(to);
  };
  const flow = (): void => {
    isStalled = false;
    for (const [from, to] of ways) from.pipe(to);
  };
  const proxy = createTcpServer((from) => {
    if (isAway) {
      from.destroy();
      return;
    }
    const { hostname, port, searchParams } = new URL(connectionString);
    const folder = searchParams.get('host');
    const to =
      folder === null ? connect(Number(port), hostname) : connect(`${folder}/.s.PGSQL.${port === '' ? '5432' : port}`);
    for (const socket of [from, to]) sockets.add(socket.on('error', () => undefined));
    ways.push([from, to]);
    to.pipe(from);
    if (!isStalled) from.pipe(to);
  }).listen(0, '127.0.0.1');
  const cut = (): void => {
    isAway = true;
    for (const socket of sockets) socket.destroy();
  };
  afterAll(() => {
    cut();
    proxy.close();
  });
  const through = (): string => {
    const url = new URL(connectionString);
    url.searchParams.delete('host');
    url.hostname = '127.0.0.1';
    url.port = String((proxy.address() as AddressInfo).port);
    return url.toString();
  };
  const spool = join(mkdtempSync(join(tmpdir(), 'creditpool-spool-')), 'uses');

  test('a route runs and its use is kept, over a restart too, and counted once; or it is blocked', async () => {
    const customer = await story.subscriber();
    const routes = (billing: Billing) => {
      const app = express5();
      app.post(
        '/a',
        billing.requireCredits('api.call', { quantity: { calls: 10 } }),
        (_, response) => void response.json({}),
      );
      const block = { quantity: { calls: 1 }, onUnavailable: 'block' } as const;
      app.post('/b', billing.requireCredits('api.call', block), (_, response) => void response.json({}));
      app.post('/c', billing.requireCredits('api.call', { quantity: { calls: 10 } }), (_, response) => {
        cut();
        response.json({});
      });
      return listen(app);
    };
    const first = createBilling({ ...settingsOf(through()), spool });
    const origin = await routes(first);
    expect((await fetch(`${origin}/c`, by(customer))).status).toBe(200);
    const allowed = await fetch(`${origin}/a`, by(customer));
    expect([allowed.status, allowed.headers.get('x-credits-deferred')]).toEqual([200, '1']);
    expect((await fetch(`${origin}/b`, by(customer))).status).toBe(503);
    expect([first.spooled(), await left(customer)]).toEqual([2, ['9990', '10']]);
    await first.close();
    isAway = false;
    const second = createBilling({ ...settingsOf(through()), spool });
    expect(second.spooled()).toBe(2);
    await second.close();
    expect(await left(customer)).toEqual(['9980', '0']);
    expect((await verifyLedger(story.billing.deps)).breaches).toEqual([]);
  });

  test.for(['hold', 'charge_on_success'] as const)(
    'that hangs counts as away after our own limit, not the driver’s; what it does later is not counted twice (%s)',
    async (mode) => {
      const customer = await story.subscriber();
      const billing = createBilling({ ...settingsOf(through()), spool: `${spool}-${mode}`, decideWithinMs: 150 });
      const app = express5();
      const calls = { quantity: { calls: 10 }, mode };
      app.post('/begun', billing.requireCredits('api.call', calls), (_, response) => void response.json({}));
      app.post('/ended', billing.requireCredits('api.call', calls), (_, response) => {
        stall();
        response.json({});
      });
      const block = { ...calls, onUnavailable: 'block' } as const;
      app.post('/blocked', billing.requireCredits('api.call', block), (_, response) => void response.json({}));
      const origin = await listen(app);
      // Its end comes too late, and is known to be done only by the database.
      expect((await fetch(`${origin}/ended`, by(customer))).status).toBe(200);
      const begun = await fetch(`${origin}/begun`, by(customer));
      expect([begun.status, begun.headers.get('x-credits-deferred')]).toEqual([200, '1']);
      expect((await fetch(`${origin}/blocked`, by(customer))).status).toBe(503);
      expect(billing.spooled()).toBe(2);
      flow();
      await billing.close();
      expect(billing.spooled()).toBe(0);
      expect(await left(customer)).toEqual(['9980', '0']);
      expect((await verifyLedger(story.billing.deps)).breaches).toEqual([]);
    },
  );

  function settingsOf(databaseUrl: string): BillingSettings {
    const { host, port, secretKey } = story.simulator;
    const silent = (): void => undefined;
    return {
      databaseUrl,
      stripe: { secretKey, host, port, protocol: 'http' },
      webhookSecrets: [],
      apiKeyPepper: 'p',
      publicUrl: 'http://127.0.0.1',
      identify: (request) => ({ customer: request.get('x-organisation') ?? '' }),
      log: { info: silent, warn: silent, error: silent },
    };
  }
});

describe('a wrong place', () => {
  test.for([
    ['4', express4],
    ['5', express5],
  ] as const)('behind a body parser is named, in Express %s', async ([, express]) => {
    errors.length = 0;
    const billing = billingFor();
    const app = express();
    app.use(express.json());
    app.use('/billing', billing.router);
    const origin = await listen(app);
    await fetch(`${origin}/billing/healthz`);
    await fetch(`${origin}/billing/healthz`);
    expect(errors).toEqual(['the router is mounted in the wrong place']);
    const webhook = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"evt_1"}' };
    const refused = await fetch(`${origin}/billing/v1/webhooks/stripe`, webhook);
    expect(await refused.json()).toMatchObject({ error: { code: 'raw_body_required' } });
  });

  test.for([
    ['4', express4],
    ['5', express5],
  ] as const)(
    'that another router has already is named; two paths are two products, in Express %s',
    async ([, express]) => {
      const [one, two] = [billingFor(), billingFor()];
      const twice = express().use('/billing', one.router).use('/billing', two.router);
      const refused = await fetch(`${await listen(twice)}/billing/healthz`);
      expect([refused.status, await refused.json()]).toMatchObject([500, { error: { code: 'mounted_twice' } }]);
      const origin = await listen(express().use('/one', billingFor().router).use('/two', billingFor().router));
      for (const path of ['one', 'two']) expect((await fetch(`${origin}/${path}/readyz`)).status).toBe(200);
    },
  );

  test('what cannot work is refused when it is set up', () => {
    const { identify: _, ...rest } = { identify: undefined };
    expect(() => billingFor({ ...rest, onUnavailable: 'allow' })).toThrow('needs spool');
  });
});
