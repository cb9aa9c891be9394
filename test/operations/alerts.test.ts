import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import nock from 'nock';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';

import { openWays } from '../../src/delivery/channels.ts';
import type { Letter } from '../../src/delivery/mail.ts';
import { createPost } from '../../src/delivery/post.ts';
import { type Channels, deliverAlerts, RETRY_AFTER_SECONDS } from '../../src/operations/deliver-alerts.ts';
import { grantCredits } from '../../src/operations/grant-credits.ts';
import { raiseDueAlerts } from '../../src/operations/raise-due-alerts.ts';
import { listAlerts, listParkedDeliveries, retryDelivery, testAlerts } from '../../src/operations/read-alerts.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import { registerEndpoint, rotateEndpointSecret, switchEndpoint } from '../../src/operations/webhook-endpoints.ts';
import { execute } from '../../src/storage/query.ts';
import { openBooks, planWith, type Subscriber } from '../support/books.ts';
import { samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { credits } from '../support/deps.ts';
import { calls, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const none = samplePolicy.alerts;
const books = await openBooks(database, {
  plans: [
    planWith('quiet', {}, { includedCredits: '1000' }),
    planWith(
      'watched',
      {
        alerts: { ...none, expiringDays: [30, 7, 1], runawayFactor: 5, silenceHours: 6, daysLeft: 3 },
      },
      { includedCredits: '2000' },
    ),
    planWith('halfway', { alerts: { ...none, thresholdsPercent: [50] } }, { includedCredits: '0' }),
  ],
});
const { deps } = books;

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}
const received: Received[] = [];
let answer = (_request: IncomingMessage, response: ServerResponse): void => void response.writeHead(204).end();
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    received.push({ headers: request.headers as Record<string, string>, body });
    answer(request, response);
  });
});
await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
afterAll(() => server.close());
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;

const letters: Letter[] = [];
const channels: Channels = {
  consoleUrl: 'http://localhost/admin',
  ...openWays({
    isSandbox: true,
    pepper: 'a pepper for alerts only',
    mail: { smtpUrl: undefined, from: 'a@b', folder: null },
  }),
  mail: async (letter) => void letters.push(letter),
  wireId: (prefix, uuid) => `${prefix}_${uuid}`,
  livemode: false,
  mode: 'SANDBOX',
  wallTime: () => new Date(),
};
const notified = { deps, channels };

beforeEach(async () => {
  received.length = 0;
  letters.length = 0;
  answer = (_request, response) => void response.writeHead(204).end();
  await execute(database, `update webhook_endpoints set state = 'disabled'`);
  await execute(database, `update alert_deliveries set state = 'skipped' where lane between 0 and 63`);
});

async function kinds(customer: Subscriber): Promise<readonly string[]> {
  const found = await listAlerts(deps, { customer: customer.name, kind: null, limit: 100 });
  if ('rejected' in found) throw new Error(found.rejected.message);
  return found.alerts.map(({ kind }) => kind).toReversed();
}

async function endpoint() {
  const made = await registerEndpoint(notified, { url, description: 'ours' });
  if ('rejected' in made) throw new Error(made.rejected.message);
  received.length = 0;
  return { secret: made.secret, endpointId: made.endpoint.endpointId };
}

async function hasten(): Promise<void> {
  await execute(
    database,
    `update alert_deliveries set next_at = clock_timestamp() where lane between 0 and 63 and state = 'pending'`,
  );
}

describe('a test alert', () => {
  test('reaches the endpoint signed, the owner by mail and the log, once', async () => {
    const customer = await books.subscribe('quiet');
    const { secret } = await endpoint();
    await execute(database, `update customers set email = 'jane@acme.example' where lane = $1 and customer_id = $2`, [
      customer.lane,
      customer.customerId,
    ]);
    const raised = await testAlerts(deps, { customer: customer.name });
    expect(await deliverAlerts(deps, channels, { limit: 10 })).toBe(3);
    expect(await deliverAlerts(deps, channels, { limit: 10 })).toBe(0);
    expect(received).toHaveLength(1);
    const [{ body, headers } = { body: '', headers: {} }] = received;
    const id = 'rejected' in raised ? '' : `alert_${raised.alertId}`;
    expect(headers['webhook-id']).toBe(id);
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({
      type: 'test',
      livemode: false,
      data: {
        object: { id, customer: { id: `customer_${customer.customerId}`, stripe: customer.stripeCustomerId } },
      },
    });
    expect(letters).toMatchObject([{ to: 'jane@acme.example', subject: '[SANDBOX] This is a test of the alerts' }]);
  });

  test('is signed with the old and the new secret while the secret is rotated', async () => {
    const customer = await books.subscribe('quiet');
    const { secret, endpointId } = await endpoint();
    const rotated = await rotateEndpointSecret(notified, endpointId);
    if ('rejected' in rotated) throw new Error(rotated.rejected.message);
    await testAlerts(deps, { customer: customer.name });
    await deliverAlerts(deps, channels, { limit: 10 });
    const [{ body, headers } = { body: '', headers: {} }] = received;
    for (const known of [secret, rotated.secret]) {
      expect(new Webhook(known).verify(body, headers)).toMatchObject({ type: 'test' });
    }
  });
});

describe('an endpoint that fails', () => {
  test('is tried again with pauses over three days, then parked, and sent again by hand', async () => {
    const customer = await books.subscribe('quiet');
    await endpoint();
    answer = (_request, response) => void response.writeHead(503).end('not now');
    await testAlerts(deps, { customer: customer.name });
    for (let tried = 0; tried <= RETRY_AFTER_SECONDS.length; tried += 1) {
      await deliverAlerts(deps, channels, { limit: 10 });
      await hasten();
    }
    const sum = RETRY_AFTER_SECONDS.reduce((total, seconds) => total + seconds, 0);
    expect(sum / 86_400).toBeGreaterThan(3);
    expect(received).toHaveLength(RETRY_AFTER_SECONDS.length + 1);
    // Receivers drop doubles by it.
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [parked] = await listParkedDeliveries(deps, 10);
    expect(parked).toMatchObject({ responseStatus: 503, responseBody: 'not now', outcome: 'answered 503' });

    answer = (_request, response) => void response.writeHead(200).end('ok');
    expect(await retryDelivery(deps, parked?.deliveryId ?? '')).toEqual({ queued: true });
    expect(await deliverAlerts(deps, channels, { limit: 10 })).toBe(1);
    expect(await listParkedDeliveries(deps, 10)).toEqual([]);
    expect(await retryDelivery(deps, deps.newId())).toMatchObject({ rejected: { code: 'unknown_delivery' } });
  });

  test('is told nothing more once it answers 410', async () => {
    const { endpointId } = await endpoint();
    answer = (_request, response) => void response.writeHead(410).end();
    await testAlerts(deps, { customer: (await books.subscribe('quiet')).name });
    await deliverAlerts(deps, channels, { limit: 10 });
    received.length = 0;
    await testAlerts(deps, { customer: (await books.subscribe('quiet')).name });
    await deliverAlerts(deps, channels, { limit: 10 });
    expect(received).toEqual([]);
    expect(await switchEndpoint(notified, endpointId, 'active')).toMatchObject({ state: 'active' });
  });

  test('by being slow, and then by a redirect, is named, asked again under the same id, and has it once it answers', async () => {
    const customer = await books.subscribe('quiet');
    await endpoint();
    await testAlerts(deps, { customer: customer.name });
    const impatient = { ...channels, post: createPost({ isSandbox: true, timeoutMs: 200 }) };
    const outcome = async (): Promise<unknown> => {
      await deliverAlerts(deps, impatient, { limit: 10 });
      await hasten();
      const found = await listAlerts(deps, { customer: customer.name, kind: 'test', limit: 1 });
      if ('rejected' in found) throw new Error(found.rejected.message);
      const delivery = found.alerts[0]?.deliveries.find(({ channel }) => channel === 'webhook');
      return [delivery?.state, delivery?.outcome];
    };
    answer = () => undefined;
    expect(await outcome()).toEqual(['pending', 'no answer within 0.2 s']);
    answer = (_request, response) => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end();
    expect(await outcome()).toEqual(['pending', 'answered 307, and no redirect is followed']);
    answer = (_request, response) => void response.writeHead(204).end();
    expect(await outcome()).toEqual(['sent', null]);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test('and whose name leads into a private network is not registered; one that leads there only later is told nothing, and keeps what it is owed', async () => {
    nock.enableNetConnect(/^(127\.0\.0\.1|hooks\.example\.com)/);
    let address = '10.0.0.7';
    const resolver = ((_host: string, _options: object, done: (error: null, found: object) => void) =>
      done(null, [{ address, family: 4 }])) as never;
    const live = openWays({ isSandbox: false, pepper: 'p', mail: { smtpUrl: undefined, from: 'a@b', folder: null } });
    const outside = { ...channels, ...live, post: createPost({ isSandbox: false, resolver }) };
    const asked = { url: 'https://hooks.example.com/in', description: 'ours' };
    expect(await registerEndpoint({ deps, channels: outside }, asked)).toMatchObject({
      rejected: {
        code: 'forbidden_address',
        message: expect.stringContaining('hooks.example.com leads to 10.0.0.7, which is not public') as unknown,
      },
    });
    const customer = await books.subscribe('quiet');
    const { endpointId } = await endpoint();
    await execute(database, `update webhook_endpoints set url = $2 where endpoint_id = $1`, [endpointId, asked.url]);
    await testAlerts(deps, { customer: customer.name });
    address = '169.254.169.254';
    await deliverAlerts(deps, { ...outside, seal: channels.seal }, { limit: 10 });
    const found = await listAlerts(deps, { customer: customer.name, kind: 'test', limit: 1 });
    const deliveries = 'rejected' in found ? [] : (found.alerts[0]?.deliveries ?? []);
    expect(deliveries.find(({ channel }) => channel === 'webhook')).toMatchObject({
      state: 'pending',
      outcome: 'hooks.example.com leads to 169.254.169.254, which is not public',
    });
    expect(received).toEqual([]);
    nock.enableNetConnect(/^127\.0\.0\.1/);
  });

  test('and never took the challenge is not registered', async () => {
    answer = (_request, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect(await registerEndpoint(notified, { url, description: 'ours' })).toMatchObject({
      rejected: { code: 'forbidden_address', message: expect.stringContaining('answered 302') as unknown },
    });
    expect(received).toHaveLength(1);
  });
});

describe('alerts by time and pace', () => {
  test('credits that expire are told of 30, 7 and 1 day before, once each', async () => {
    await books.at('2026-04-01T12:00:00Z');
    const customer = await books.subscribe('watched');
    for (const instant of [
      '2026-04-02T12:00:00Z',
      '2026-04-24T12:00:00Z',
      '2026-04-25T12:00:00Z',
      '2026-04-30T12:00:00Z',
    ]) {
      await books.at(instant);
      await raiseDueAlerts(deps);
      await raiseDueAlerts(deps);
    }
    const found = await listAlerts(deps, { customer: customer.name, kind: 'grant.expiring', limit: 100 });
    const days = 'rejected' in found ? [] : found.alerts.map(({ data }) => data['days']);
    expect(days).toEqual([1, 7, 30]);
  });

  test('silence is told of once, and again after the next use', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('watched');
    await raiseDueAlerts(deps);
    expect(await kinds(customer)).not.toContain('usage.silent');
    await use(books, customer, 1);
    for (const instant of ['2026-04-10T14:59:00Z', '2026-04-10T15:01:00Z', '2026-04-10T16:00:00Z']) {
      await books.at(instant);
      await raiseDueAlerts(deps);
    }
    const silent = async () => (await kinds(customer)).filter((kind) => kind === 'usage.silent');
    expect(await silent()).toHaveLength(1);
    await use(books, customer, 1);
    await books.at('2026-04-10T23:00:00Z');
    await raiseDueAlerts(deps);
    expect(await silent()).toHaveLength(2);
  });

  test('a balance that will not last is told of once a period', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('watched');
    await use(books, customer, 1_400);
    await raiseDueAlerts(deps);
    await raiseDueAlerts(deps);
    const found = await listAlerts(deps, { customer: customer.name, kind: 'balance.days_left', limit: 10 });
    expect(found).toMatchObject({ alerts: [{ data: { days_left: 3, available: '600', per_day: '200' } }] });
  });

  test('an hour out of all proportion is told of with the debit', async () => {
    const customer = await books.subscribe('watched');
    await books.at('2026-04-10T09:30:00Z');
    const hour = (ago: number): Date => new Date(Date.parse('2026-04-10T09:00:00Z') - ago * 3_600_000);
    const usual = Array.from({ length: 48 }, (_, ago) => calls(customer, 2, { occurredAt: hour(ago + 1) }));
    await trackUsage(books, { events: usual });
    await use(books, customer, 10);
    expect(await kinds(customer)).not.toContain('usage.runaway');
    await use(books, customer, 1);
    await use(books, customer, 50);
    expect((await kinds(customer)).filter((kind) => kind === 'usage.runaway')).toHaveLength(1);
  });
});

test('credits that expire take a pool past its threshold, told of once, with no debit', async () => {
  await books.at('2026-04-10T09:00:00Z');
  const customer = await books.subscribe('halfway');
  const gift = { customer: customer.name, source: 'promotional', features: null, priority: 50, actor: 'sam' } as const;
  const give = (amount: string, expiresAt: Date | null) =>
    grantCredits(deps, {
      ...gift,
      amount: credits(amount),
      expiresAt,
      reason: 'r',
      key: deps.newId(),
      fingerprint: '',
    });
  await give('100', new Date('2026-04-12T00:00:00Z'));
  await give('10', null);
  await use(books, customer, 10);
  expect(await kinds(customer)).toEqual([]);
  await books.at('2026-04-12T00:00:01Z');
  await books.executor.submit([{ kind: 'touch', customer }]);
  await books.executor.submit([{ kind: 'touch', customer }]);
  expect(await kinds(customer)).toEqual(['balance.low']);
});

test('usage that nobody pays for raises the alarm once, when it begins', async () => {
  await books.at('2026-04-10T09:00:00Z');
  const customer = await books.subscribe('quiet');
  await execute(database, `update pools set spending_limit = 0 where lane = $1 and customer_id = $2`, [
    customer.lane,
    customer.customerId,
  ]);
  await use(books, customer, 1_001);
  await use(books, customer, 1_002);
  expect(await kinds(customer)).toEqual(['pool.unfunded']);
});
