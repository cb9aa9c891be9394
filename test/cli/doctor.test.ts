// Each line of doctor, made to fail: what it says and the fix that it names.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import express from 'express';
import nock from 'nock';
import type { Stripe } from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { STRIPE_EVENT_TYPES } from '../../src/billing.ts';
import {
  checkDatabaseRights,
  checkEndpoints,
  checkReview,
  type CheckupLine,
  type EndpointFacts,
} from '../../src/domain/checkup.ts';
import { type Examined, examineDeployment } from '../../src/operations/examine-deployment.ts';
import { openHttpServer } from '../../src/sandbox/http-server.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { cloneDatabase } from '../support/database.ts';
import { asOwner } from '../support/seeded-books.ts';
import { type CommandResult, runCommand, type Settings } from '../support/service-process.ts';
import { tellStory } from '../support/story.ts';

// Processes of their own take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const clone = await cloneDatabase();
const story = await tellStory(clone.database);
const { deps } = story.billing;
const { stripe } = deps;
const examined: Examined = {
  webhookUrl: `${story.origin}/v1/webhooks/stripe`,
  eventTypes: ['invoice.paid', 'v1.billing.meter.no_meter_found'],
  isSandbox: true,
  isStreaming: true,
  wall: () => new Date(),
};
const directory = await mkdtemp(join(tmpdir(), 'creditpool-doctor-'));
const sandbox: Settings = {
  CREDITPOOL_DIR: directory,
  DATABASE_URL: clone.ownerConnectionString,
  PUBLIC_URL: story.origin,
};

beforeAll(async () => {
  await stripe.v2.core.eventDestinations.create(THIN);
  await writeFile(join(directory, 'env'), `STRIPE_SIMULATOR_URL=${story.simulator.url}`);
});
afterEach(() => {
  nock.cleanAll();
});
afterAll(async () => rm(directory, { recursive: true }));

interface Found {
  readonly exitCode: number | null;
  readonly lines: readonly CheckupLine[];
}

async function doctor(settings: Settings): Promise<Found> {
  const { exitCode, stdout }: CommandResult = await runCommand(settings, 'doctor', '--json');
  const { findings } = JSON.parse(stdout) as { findings: readonly CheckupLine[] };
  return { exitCode, lines: findings };
}

/** The lines that fail of a check, by what they say and what they would have done. */
async function failing(changes: Partial<Examined> = {}): Promise<readonly string[]> {
  const lines = await examineDeployment(deps, { ...examined, ...changes });
  return lines.filter(({ ok }) => !ok).map(({ check, says, fix }) => `${check}: ${says} → ${fix}`);
}

async function sql(statement: string): Promise<void> {
  await asOwner(clone.ownerConnectionString, async (owner) => owner.query(statement));
}

const THIN: Stripe.V2.Core.EventDestinationCreateParams = {
  name: 'thin',
  type: 'webhook_endpoint',
  event_payload: 'thin',
  enabled_events: ['v1.billing.meter.error_report_triggered', 'v1.billing.meter.no_meter_found'],
  webhook_endpoint: { url: examined.webhookUrl },
};

describe('a deployment that is well', () => {
  test('has nothing to do, exit code 0; the lines are for people, or one document', async () => {
    const { exitCode, stdout, stderr } = await runCommand(sandbox, 'doctor');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('✔ API version       2026-10-28.endive')]);
    expect(stderr).toContain('Nothing hurts.');
    const { lines } = await doctor(sandbox);
    expect(lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(lines.find(({ check }) => check === 'raw webhook body')).toMatchObject({ says: 'arrives unparsed' });
    expect(lines.find(({ check }) => check === 'snapshot endpoint')?.says).toMatch(/sends all \d\d event types/);
    expect(await failing()).toEqual([]);
  });
});

describe('settings', () => {
  test('outside the sandbox: secrets, pepper and the service itself are missed, exit code 3', async () => {
    const settings: Settings = {
      ...sandbox,
      DATABASE_URL: (await cloneDatabase()).ownerConnectionString,
      STRIPE_SECRET_KEY: 'sk_test_simulator',
      STRIPE_HOST: story.simulator.host,
      STRIPE_PORT: String(story.simulator.port),
      STRIPE_PROTOCOL: 'http',
      PUBLIC_URL: 'http://127.0.0.1:9',
    };
    const { exitCode, lines } = await doctor(settings);
    expect(exitCode).toBe(3);
    const failed = new Map(lines.filter(({ ok }) => !ok).map(({ check, fix }) => [check, fix]));
    expect([...failed.keys()]).toEqual(
      expect.arrayContaining(['webhook secrets', 'pepper', 'raw webhook body', 'snapshot endpoint', 'catalogue']),
    );
    expect(failed.get('webhook secrets')).toContain('STRIPE_WEBHOOK_SECRETS');
    expect(failed.get('pepper')).toContain('API_KEY_PEPPER');
    expect(failed.get('raw webhook body')).toContain('PUBLIC_URL');
    expect(failed.get('catalogue')).toBe('creditpool plan push');
  });

  test('a router behind express.json() is told from one that gets the raw body, and from none', async () => {
    const parsed = await openHttpServer({ host: '127.0.0.1', port: 0 });
    parsed.serve(express().use(express.json(), story.billing.router));
    const empty = await openHttpServer({ host: '127.0.0.1', port: 0 });
    empty.serve(express());
    const found = async (origin: string): Promise<CheckupLine | undefined> =>
      (await doctor({ ...sandbox, PUBLIC_URL: origin })).lines.find(({ check }) => check === 'raw webhook body');
    expect(await found(parsed.origin)).toMatchObject({ ok: false, fix: 'mount the router before express.json()' });
    expect(await found(empty.origin)).toMatchObject({ ok: false, says: expect.stringContaining('404') as string });
    await parsed.stop(100);
    await empty.stop(100);
  });

  test('8 where the database does not answer', async () => {
    const nowhere = { ...sandbox, DATABASE_URL: 'postgresql://127.0.0.1:9/creditpool' };
    expect((await runCommand(nowhere, 'doctor')).exitCode).toBe(8);
  });
});

describe('clocks', () => {
  test('this machine ten minutes behind the database and Stripe', async () => {
    const found = await failing({ wall: () => new Date(Date.now() - 600_000) });
    expect(found).toEqual([
      expect.stringMatching(/^database clock: (599|600|601)\d{3} ms apart, at most 2000 → .*NTP$/),
      expect.stringMatching(/^Stripe clock: (59[5-9]|60\d)\d{3} ms apart, at most 5000 → .*NTP$/),
    ]);
  });

  test('an answer of Stripe without a date', async () => {
    nock(story.simulator.url, { allowUnmocked: true }).get('/v1/account').reply(200, { id: 'acct_simulator' });
    expect(await failing()).toEqual([expect.stringContaining('Stripe clock: Stripe’s answer bears no date')]);
  });
});

describe('rights', () => {
  test('a restricted key without credit grants and disputes: both are named, with what they are for', async () => {
    const forbidden = { error: { type: 'invalid_request_error', message: 'The provided key lacks rak_x' } };
    nock(story.simulator.url, { allowUnmocked: true })
      .post(/credit_grants/)
      .reply(403, forbidden)
      .get(/disputes/)
      .reply(403, forbidden)
      .get(/v2\/core\/events/)
      .reply(403, { error: { code: 'forbidden', message: 'The provided key has no access to it.' } })
      .post(/meter_event_session/)
      .reply(403, { error: { code: 'forbidden', message: 'The provided key has no access to it.' } });
    expect(await failing()).toEqual([
      expect.stringMatching(
        /^key rights: missing rak_dispute_read \(mirrors disputes\), credit grants: write \(projects lots\), v2 events: read \(.*\), v2 meter event sessions: write \(.*\) → dashboard/,
      ),
    ]);
  });

  test('asking for rights changes nothing at Stripe', async () => {
    const state = async (): Promise<unknown> => (await fetch(`${story.simulator.url}/_simulator/state`)).json();
    const before = await state();
    await failing();
    expect(await state()).toEqual(before);
  });

  test('a role that may rewrite the books, one that may not write them, and a superuser', async () => {
    await sql('grant update, truncate on postings to creditpool_app');
    expect(await failing()).toEqual([
      expect.stringContaining('may rewrite the books (update on postings, truncate on postings) → revoke'),
    ]);
    await sql('revoke update, truncate on postings from creditpool_app');
    // These tests own their tables as a superuser: right for a sandbox, wrong for anything else.
    expect(await failing({ isSandbox: false })).toEqual([
      expect.stringMatching(/^database rights: user .* is a superuser/),
    ]);
    const rights = { user: 'root', role: 'creditpool_app', isSuperuser: true, tooMuch: [], tooLittle: [] };
    expect(checkDatabaseRights(rights, false)).toMatchObject({
      ok: false,
      says: expect.stringContaining('superuser') as string,
    });
    expect(checkDatabaseRights(rights, true)).toMatchObject({ ok: true });
    expect(checkDatabaseRights({ ...rights, tooLittle: ['insert on postings'] }, true)).toMatchObject({
      ok: false,
      fix: expect.stringContaining('db migrate') as string,
    });
  });
});

describe('endpoints', () => {
  const wanted = { url: 'https://us/hooks', types: ['invoice.paid', 'v1.thin'], apiVersion: '2026-10-28.endive' };
  const snapshot: EndpointFacts = {
    id: 'we_1',
    url: 'https://us/hooks',
    payload: 'snapshot',
    enabled: true,
    apiVersion: '2026-10-28.endive',
    events: ['invoice.paid'],
  };
  const thin: EndpointFacts = { ...snapshot, id: 'ed_1', payload: 'thin', apiVersion: null, events: ['v1.thin'] };
  const judged = (...endpoints: readonly EndpointFacts[]): readonly string[] =>
    checkEndpoints(endpoints, wanted)
      .filter(({ ok }) => !ok)
      .map(({ check, says }) => `${check}: ${says}`);

  test.for<readonly [string, readonly EndpointFacts[], readonly string[]]>([
    ['both as they should be', [snapshot, thin], []],
    ['everything subscribed', [{ ...snapshot, events: ['*'] }, thin], []],
    ['no thin one', [snapshot], ['thin endpoint: no thin endpoint points at https://us/hooks']],
    [
      'the other address',
      [{ ...snapshot, url: 'https://them' }, thin],
      ['snapshot endpoint: no snapshot endpoint points at https://us/hooks'],
    ],
    ['disabled', [{ ...snapshot, enabled: false }, thin], ['snapshot endpoint: we_1 is disabled']],
    [
      'a type is missing',
      [{ ...snapshot, events: ['invoice.voided'] }, thin],
      ['snapshot endpoint: we_1 does not send invoice.paid'],
    ],
    [
      'an old version',
      [{ ...snapshot, apiVersion: '2024-06-20' }, thin],
      ['API version: we_1 sends 2024-06-20, this service reads 2026-10-28.endive'],
    ],
  ])('%s', ([, endpoints, says]) => {
    expect(judged(...endpoints)).toEqual(says);
  });

  test('as Stripe lists them: an endpoint that lacks types, and one of an older version', async () => {
    const { data } = await stripe.webhookEndpoints.list();
    const [ours] = data;
    await stripe.webhookEndpoints.update(ours?.id ?? '', { enabled_events: ['invoice.voided'] });
    await stripe.webhookEndpoints.create({
      url: examined.webhookUrl,
      enabled_events: ['*'],
      api_version: '2025-01-27.acacia',
    });
    expect(await failing()).toEqual([expect.stringMatching(/^API version: we_\w+ sends 2025-01-27\.acacia/)]);
    const older = (await stripe.webhookEndpoints.list()).data.find(({ id }) => id !== ours?.id);
    await stripe.webhookEndpoints.del(older?.id ?? '');
    expect(await failing()).toEqual([expect.stringContaining(`${ours?.id} does not send invoice.paid → add these`)]);
    await stripe.webhookEndpoints.update(ours?.id ?? '', { enabled_events: ['*'] });
  });

  test('a key that may not read them says what to compare by hand', async () => {
    nock(story.simulator.url, { allowUnmocked: true })
      .get(/webhook_endpoints/)
      .reply(403, { error: { type: 'invalid_request_error', message: 'no rak_webhook_read' } });
    expect(await failing()).toEqual([
      expect.stringContaining('the key may not read webhook endpoints → compare by hand'),
    ]);
  });

  test('every type that is handled is wanted', () => {
    expect(STRIPE_EVENT_TYPES).toEqual(expect.arrayContaining(['invoice.created', 'credit_note.created']));
  });
});

describe('what lies about', () => {
  test('an archived price, with the push that mends it', async () => {
    const [plan] = await listPlanVersions(clone.database);
    const id = plan?.stripeMeteredPriceId ?? '';
    await stripe.prices.update(id, { active: false });
    expect(await failing()).toEqual([
      expect.stringMatching(/^catalogue: price_\w+ is archived → creditpool plan push/),
    ]);
    await stripe.prices.update(id, { active: true });
  });

  test('a second subscription of a customer on the same meter', async () => {
    const { stripeCustomer: customer, subscription } = await story.subscriber();
    const { items } = await stripe.subscriptions.retrieve(subscription);
    const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
    const second = await stripe.subscriptions.create({ customer, items: [{ price: metered?.price.id ?? '' }] });
    await story.clock.settle();
    const ofSubscriptions = async () => (await failing()).filter((line) => line.startsWith('subscriptions'));
    const [said] = await ofSubscriptions();
    expect(said).toMatch(/^subscriptions: sub_\w+ and sub_\w+ of one customer count on one meter/);
    expect(said).toContain(second.id);
    await stripe.subscriptions.cancel(second.id);
    await story.clock.settle();
    expect(await ofSubscriptions()).toEqual([]);
    const fee = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
    const third = await stripe.subscriptions.create({ customer, items: [{ price: fee?.price.id ?? '' }] });
    await story.clock.settle();
    // The one with the meter is followed, though it is older.
    expect(await ofSubscriptions()).toEqual([
      expect.stringContaining(`${third.id} and ${subscription} are of one customer: the last one is followed`),
    ]);
    await stripe.subscriptions.cancel(third.id);
    await story.clock.settle();
  });

  test('an item at another price on the meter beside the one that was agreed', async () => {
    const { stripeCustomer: customer, subscription } = await story.subscriber();
    const { items } = await stripe.subscriptions.retrieve(subscription);
    const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered')?.price;
    const dearer = await stripe.prices.create({
      product_data: { name: 'Dearer' },
      currency: 'usd',
      unit_amount: 5,
      recurring: { interval: 'month', usage_type: 'metered', meter: metered?.recurring?.meter ?? '' },
    });
    const second = await stripe.subscriptionItems.create({ subscription, price: dearer.id });
    await story.clock.settle();
    const said = (await failing()).filter((line) => line.startsWith('subscriptions'));
    expect(said).toEqual([
      expect.stringMatching(`${second.id} of ${customer} .*: Two items .* → Remove the item that is not meant`),
      expect.stringMatching(`${second.id} of ${customer} .${dearer.id}.: .* none of its plan’s.* → Put the item back`),
    ]);
    await stripe.subscriptionItems.del(second.id);
    await story.clock.settle();
  });

  test('parked messages and events', async () => {
    await sql(`insert into stripe_events (event_id, type, livemode, created_at, received_at, payload, via, state, next_at)
      values ('evt_parked', 'invoice.paid', false, now(), now(), '{}', 'webhook', 'parked', now())`);
    await sql(`insert into outbox (lane, customer_id, queue, call, subject_id, request, key, state, next_at, created_at)
      values (0, gen_random_uuid(), 'meter', 'meter_event', 'x', '{}', 'x', 'parked', now(), now())`);
    expect(await failing()).toEqual([
      expect.stringContaining('outbox: 1 parked → creditpool outbox list'),
      expect.stringContaining('inbox: 1 parked → creditpool inbox list'),
    ]);
  });

  test('a review whose day is past, and an action that is only watched', async () => {
    const olga = await story.person('olga', 'owner');
    await olga('POST', '/v1/launch/reviews', { review_on: '2026-04-02', reason: 'soon' });
    await olga('POST', '/v1/launch/demotions', { actions: ['api.call'], to: 'observe', reason: 'look first' });
    const day = (reviewOn: string) => ({ reviewOn, setBy: 'olga', isOver: reviewOn < '2026-04-03' });
    expect(checkReview(day('2026-04-02'))).toMatchObject({
      ok: false,
      says: 'the credit model was to be reviewed on 2026-04-02',
    });
    expect(checkReview(day('2026-04-03'))).toMatchObject({ ok: true });
    expect((await failing()).filter((line) => !line.includes('parked'))).toEqual([
      'launch ladder: OBSERVE – nothing is posted for api.call → creditpool go-live --dry-run says what the next rung asks for',
    ]);
  });
});
