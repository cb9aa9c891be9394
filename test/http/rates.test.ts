// What usage costs, asked and told over HTTP: rules by dimension, steps, outcomes, quotes, the burn table.
import nock from 'nock';
import { describe, expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { startApi, textOf, type Wire } from '../support/api.ts';
import { openBooks, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { newId } from '../support/deps.ts';
import { ratedActions, ratedPlans } from '../support/rated-actions.ts';

nock.restore();

const { database } = await cloneDatabase();
const books = await openBooks(database, { plans: ratedPlans, burnTable: ratedActions });
const api = await startApi({ database });

interface Use {
  readonly action: string;
  readonly quantities?: Readonly<Record<string, number>>;
  readonly dimensions?: Readonly<Record<string, string>>;
}

const track = (customer: Subscriber, ...uses: readonly Use[]) =>
  api.call('POST', '/v1/track', {
    events: uses.map((use) => ({ id: newId(), customer: customer.name, quantities: {}, ...use })),
  });
const quote = (customer: Subscriber, ...lines: readonly Use[]) =>
  api.call('POST', '/v1/quote', { customer: customer.name, lines });
const creditsOf = (body: Wire): readonly unknown[] => (body['results'] as readonly Wire[]).map((one) => one['credits']);
const balanceOf = async (customer: Subscriber) =>
  (await api.call('GET', `/v1/customers/${customer.name}/balance`)).body;
const keyed = () => ({ headers: { 'idempotency-key': newId() } });

describe('the rate of an event', () => {
  test('is that of the first rule which its dimensions match, else what the rate says otherwise', async () => {
    const customer = await books.subscribe('wrapper');
    const tokens = { input_tokens: 1000 };
    const { status, body } = await track(
      customer,
      { action: 'llm.complete', dimensions: { model: 'large', region: 'eu' } },
      { action: 'llm.complete', quantities: tokens, dimensions: { model: 'large', region: 'us' } },
      { action: 'llm.complete', quantities: tokens, dimensions: { model: 'small', team: 'a7' } },
      { action: 'llm.complete', quantities: tokens },
      { action: 'image.make', dimensions: { size: 'm' } },
    );
    expect(status).toBe(200);
    expect(creditsOf(body)).toEqual(['7', '10', '1', '1', '3']);
    const stored = await query(database, `select dimensions from usage_events where lane = $1 order by credits desc`, [
      customer.lane,
    ]);
    expect(stored[0]).toEqual({ dimensions: { model: 'large', region: 'us' } });
  });

  test('is refused where no rule prices the dimensions, with what the rules ask for', async () => {
    const customer = await books.subscribe('wrapper');
    const { body } = await track(customer, { action: 'image.make', dimensions: { size: 'xl' } });
    expect(body['results']).toMatchObject([
      {
        status: 'rejected',
        error: {
          code: 'no_rate_for_dimensions',
          message: 'No rule prices this action with size xl. Send dimensions that the burn table lists, or add a rule.',
          param: 'events.0.dimensions',
        },
      },
    ]);
  });

  test.for<[string, unknown]>([
    ['a value that is no text', { model: 7 }],
    ['an empty value', { model: '' }],
    ['a name with a capital', { Model: 'large' }],
    ['a list', ['large']],
    ['twenty-one of them', Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`d${index}`, 'x']))],
  ])('has no dimensions with %s', async ([, dimensions]) => {
    const customer = await books.subscribe('wrapper');
    const asked = { customer: customer.name, action: 'gpu.run', quantities: { minutes: 1 }, dimensions };
    const { status, body } = await api.call('POST', '/v1/check', asked);
    expect([status, body['error']?.['code']]).toEqual([400, 'invalid_request']);
  });

  test('goes down by steps inside one event: 1 200 pages are 10 + 72 + 10 credits', async () => {
    const customer = await books.subscribe('wrapper');
    const { body } = await track(customer, { action: 'page.render', quantities: { pages: 1200 } });
    expect(creditsOf(body)).toEqual(['92']);
  });

  test('is part of what makes an event the same: other dimensions under one id are a conflict', async () => {
    const customer = await books.subscribe('wrapper');
    const event = { id: newId(), customer: customer.name, action: 'image.make', quantities: {} };
    const send = (size: string) => api.call('POST', '/v1/track', { ...event, dimensions: { size } });
    expect((await send('s')).body).toMatchObject({ status: 'applied' });
    expect((await send('s')).body).toMatchObject({ status: 'duplicate', credits: '3' });
    expect(await send('m')).toMatchObject({ status: 409, body: { error: { code: 'usage_event_conflict' } } });
  });
});

test('A4: a credit wrapper adds 2 030 credits up, 30 of them overage, and single tokens lose nothing', async () => {
  const customer = await books.subscribe('wrapper');
  const { body } = await track(
    customer,
    { action: 'llm.complete', quantities: { input_tokens: 1_000_000, output_tokens: 200_000 } },
    { action: 'gpu.run', quantities: { minutes: 30 } },
    { action: 'text.embed', quantities: { tokens: 1_999_000 } },
  );
  expect(creditsOf(body)).toEqual(['1800', '30', '199.9']);
  const single = Array.from({ length: 1000 }, () => ({ action: 'text.embed', quantities: { tokens: 1 } }));
  expect(new Set(creditsOf((await track(customer, ...single)).body))).toEqual(new Set(['0.0001']));
  expect(await balanceOf(customer)).toMatchObject({ available: '0', overage: '30' });
});

test('A5: 340 resolved tickets and 60 others cost 6 800 credits', async () => {
  const customer = await books.subscribe('tickets');
  const ticket = (outcome: string) => ({ action: 'ticket.resolve', dimensions: { outcome } });
  await track(
    customer,
    ...Array.from({ length: 340 }, () => ticket('resolved')),
    ...Array.from({ length: 60 }, () => ticket('escalated')),
  );
  expect(await balanceOf(customer)).toMatchObject({ overage: '6800' });
});

describe('a hold', () => {
  const hold = async (customer: Subscriber, body: object) =>
    (await api.call('POST', '/v1/holds', { customer: customer.name, ...body }, keyed())).body;
  const capture = async (id: unknown, body: object) =>
    (await api.call('POST', `/v1/holds/${textOf(id)}/capture`, body, keyed())).body;

  test('is rated by its dimensions, and its capture too', async () => {
    const customer = await books.subscribe('deploys');
    const dimensions = { model: 'huge' };
    const placed = await hold(customer, { action: 'llm.complete', quantities: { input_tokens: 9000 }, dimensions });
    expect(placed).toMatchObject({ amount: '90' });
    expect(await capture(placed['id'], { quantities: { input_tokens: 5000 } })).toMatchObject({ captured: '50' });
  });

  test('A5: held before the outcome is known, captured by it: resolved takes 20, unresolved gives all back', async () => {
    const customer = await books.subscribe('deploys');
    const [won, lost] = [
      await hold(customer, { action: 'ticket.resolve', credits: '20' }),
      await hold(customer, { action: 'ticket.resolve', credits: '20' }),
    ];
    const resolved = { quantities: {}, dimensions: { outcome: 'resolved' } };
    const escalated = { quantities: {}, dimensions: { outcome: 'escalated' } };
    expect(await capture(won['id'], resolved)).toMatchObject({ captured: '20', state: 'captured', balance: '260' });
    expect(await capture(lost['id'], escalated)).toMatchObject({ captured: '0', state: 'released', balance: '280' });
  });
});

describe('a quote', () => {
  test('A7: says 15 before a deploy runs, and no when 10 are left; nothing is changed by asking', async () => {
    const customer = await books.subscribe('deploys');
    expect(await quote(customer, { action: 'site.deploy' })).toMatchObject({
      status: 200,
      body: { object: 'quote', allowed: true, cost: '15', balance: '300', would_use_overage: '0' },
    });
    await track(customer, ...Array.from({ length: 19 }, () => ({ action: 'site.deploy' })));
    await track(customer, { action: 'gpu.run', quantities: { minutes: 5 } });
    const refused = await quote(customer, { action: 'site.deploy' });
    expect(refused.body).toMatchObject({
      allowed: false,
      cost: '15',
      balance: '10',
      lines: [{ allowed: false, limit: 'balance', reason: { code: 'insufficient_credits' } }],
    });
    expect(await balanceOf(customer)).toMatchObject({ available: '10' });
    const held = await api.call(
      'POST',
      '/v1/holds',
      { customer: customer.name, action: 'site.deploy', quantities: {} },
      keyed(),
    );
    expect(held.status).toBe(402);
  });

  test('adds its lines up, each judged as if those before it had run', async () => {
    const customer = await books.subscribe('deploys');
    const calls = (count: number) => ({ action: 'api.call', quantities: { calls: count } });
    const { body } = await quote(customer, calls(200), calls(150), calls(100));
    expect(body).toMatchObject({ allowed: false, cost: '450', balance: '300' });
    expect(body['lines']).toMatchObject([
      { allowed: true, cost: '200', balance: '300' },
      { allowed: false, cost: '150', balance: '100' },
      { allowed: true, cost: '100', balance: '100' },
    ]);
    const over = await quote(await books.subscribe('wrapper'), calls(1500), calls(1500));
    expect(over.body).toMatchObject({ allowed: true, cost: '3000', would_use_overage: '1000' });
  });

  test('announces when a rate will change', async () => {
    const { body } = await quote(await books.subscribe('deploys'), { action: 'api.call', quantities: { calls: 1 } });
    expect(body['lines']).toMatchObject([
      { burn_rate: expect.stringMatching(/^rate_/) as string, rate_changes_at: '2026-07-01T00:00:00.000Z' },
    ]);
  });

  test('names a feature that the plan lacks as a reason, like a check', async () => {
    const { body } = await quote(await books.subscribe('chat'), { action: 'site.deploy' });
    expect(body).toMatchObject({ allowed: false, lines: [{ reason: { code: 'action_not_in_plan' } }] });
  });

  test.for<[string, object, number, string, string]>([
    ['an action without a rate', { lines: [{ action: 'no.such' }] }, 422, 'unknown_action', 'lines.0.action'],
    [
      'a line without its quantities',
      { lines: [{ action: 'site.deploy' }, { action: 'api.call' }] },
      400,
      'invalid_request',
      'lines.1.quantities',
    ],
    ['no line', { lines: [] }, 400, 'invalid_request', 'lines'],
    [
      'more than a hundred lines',
      { lines: Array.from({ length: 101 }, () => ({ action: 'site.deploy' })) },
      400,
      'invalid_request',
      'lines',
    ],
    [
      'an unknown customer',
      { customer: 'ext:nobody', lines: [{ action: 'site.deploy' }] },
      404,
      'unknown_customer',
      'customer',
    ],
  ])('is refused for %s', async ([, asked, status, code, param]) => {
    const customer = await books.subscribe('deploys');
    const answer = await api.call('POST', '/v1/quote', { customer: customer.name, ...asked });
    expect([answer.status, answer.body['error']?.['code'], answer.body['error']?.['param']]).toEqual([
      status,
      code,
      param,
    ]);
  });
});

describe('the burn table', () => {
  test('shows the row in force of each action and announces the next one', async () => {
    const { status, body } = await api.call('GET', '/v1/burn_table', undefined, { key: api.keys.ingest });
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'burn_table', unit: 'credit', as_of: '2026-04-10T09:00:00.000Z' });
    const actions = body['data'] as readonly Wire[];
    expect(actions.map(({ action }) => action)).toEqual(
      [...new Set(ratedActions.map(({ action }) => action))].toSorted(),
    );
    expect(actions.find(({ action }) => textOf(action) === 'api.call')).toMatchObject({
      in_force: { feature: 'api', rate: { per: [{ credits: '1' }] } },
      next: { effective_from: '2026-07-01T00:00:00.000Z', rate: { per: [{ credits: '2' }] } },
    });
  });

  test('may be asked for another instant, before the first row and after the change', async () => {
    const at = async (instant: string) =>
      ((await api.call('GET', `/v1/burn_table?at=${instant}`)).body['data'] as readonly Wire[]).find(
        ({ action }) => textOf(action) === 'api.call',
      );
    expect(await at('2019-01-01T00:00:00Z')).toMatchObject({
      in_force: null,
      next: { rate: { per: [{ credits: '1' }] } },
    });
    expect(await at('2026-07-01T00:00:00Z')).toMatchObject({
      in_force: { rate: { per: [{ credits: '2' }] } },
      next: null,
    });
    expect((await api.call('GET', '/v1/burn_table?at=soon')).status).toBe(400);
  });

  test('stamps its row on the entry of each use', async () => {
    const customer = await books.subscribe('wrapper');
    await track(customer, { action: 'gpu.run', quantities: { minutes: 1 } });
    const listed = (await api.call('GET', '/v1/burn_table')).body['data'] as readonly Wire[];
    const rated = await api.call('POST', '/v1/check', {
      customer: customer.name,
      action: 'gpu.run',
      quantities: { minutes: 1 },
    });
    expect(rated.body['burn_rate']).toBe(
      listed.find(({ action }) => textOf(action) === 'gpu.run')?.['in_force']?.['id'],
    );
    const entries = await query(
      database,
      `select count(*)::int as entries from journal_entries j
       join usage_events u on u.lane = j.lane and u.customer_id = j.customer_id and u.entry_id = j.entry_id
       where j.lane = $1 and u.lane = $1 and j.customer_id = $2 and j.burn_rate_id = u.burn_rate_id`,
      [customer.lane, customer.customerId],
    );
    expect(entries).toEqual([{ entries: 1 }]);
  });
});
