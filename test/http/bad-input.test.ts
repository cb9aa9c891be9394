import { Stripe } from 'stripe';
import { beforeAll, describe, expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const endpoints = await fetch(`${story.simulator.url}/_simulator/objects/webhook_endpoints`);
const [{ secret: SECRET } = { secret: '' }] = (await endpoints.json()) as readonly { secret: string }[];
let customer: Subscriber;

/** Everything that a refused request could have changed. */
async function traces(): Promise<object> {
  const [row] = await query(
    database,
    `select (select count(*) from journal_entries where lane between 0 and 63) as entries,
       (select count(*) from usage_events where lane between 0 and 63) as usage,
       (select count(*) from holds where lane between 0 and 63) as holds,
       (select count(*) from idempotency_keys where lane between 0 and 63) as keys,
       (select count(*) from credit_note_requests where lane between 0 and 63) as requests,
       (select count(*) from outbox where lane between 0 and 63) as messages,
       (select count(*) from stripe_events) as events,
       (select sum(balance) filter (where kind = 'available') from accounts where lane between 0 and 63) as available`,
  );
  return row ?? {};
}

let holdId = '';
let settledId = '';
let invoice = '';
beforeAll(async () => {
  customer = await story.subscriber();
  const other = await story.subscriber();
  move = { ...move, from: { customer: customer.stripeCustomer }, to: { customer: other.stripeCustomer } };
  await customer.use(50, { id: 'once' });
  const { body } = await story.call(
    'POST',
    '/v1/holds',
    { customer: customer.stripeCustomer, action: 'api.call', credits: '5' },
    'hold-1',
  );
  holdId = body['id'] as unknown as string;
  const spent = { customer: customer.stripeCustomer, action: 'api.call', credits: '1' };
  settledId = (await story.call('POST', '/v1/holds', spent, 'hold-settled')).body['id'] as unknown as string;
  await story.call('POST', `/v1/holds/${settledId}/release`, {}, 'settled');
  const { data } = await story.stripe.invoices.list({ customer: customer.stripeCustomer });
  invoice = data[0]?.id ?? '';
  await story.clock.settle();
});

const event = { id: 'new', action: 'api.call', quantities: { calls: 1 } };
const track = (change: object) => ['POST', '/v1/track', { ...event, ...change }] as const;
const gift = { source: 'promotional', credits: '10', reason: 'r' };
let move: object = { credits: '1', reason: 'r' };
const note = { settle_as: 'customer_balance', reason: 'goodwill', ticket: 'T-1', amount_minor: 100 };

describe('refused with a code and a sentence, and nothing changed', () => {
  test.for<[string, () => readonly [string, string, object, string?], number, string]>([
    ['an unknown field', () => track({ extra: 1 }), 400, 'invalid_request'],
    ['a wrong type', () => track({ id: 7 }), 400, 'invalid_request'],
    ['a missing field', () => track({ action: undefined }), 400, 'invalid_request'],
    ['a negative quantity', () => track({ quantities: { calls: -1 } }), 400, 'invalid_request'],
    ['an over-precise quantity', () => track({ quantities: { calls: '1.0000001' } }), 400, 'invalid_request'],
    ['a quantity that the rate does not know', () => track({ quantities: { bananas: 1 } }), 400, 'invalid_request'],
    ['an unknown customer', () => track({ customer: 'ext:nobody' }), 404, 'unknown_customer'],
    ['an unknown action', () => track({ action: 'nothing.here' }), 422, 'unknown_action'],
    ['usage of the future', () => track({ occurred_at: '2026-04-01T02:00:00Z' }), 422, 'occurred_in_future'],
    ['usage of long ago', () => track({ occurred_at: '2026-01-01T00:00:00Z' }), 422, 'occurred_too_long_ago'],
    ['an event id with other content', () => track({ id: 'once' }), 409, 'usage_event_conflict'],
    [
      'over-precise credits',
      () => ['POST', '/v1/holds', { action: 'api.call', credits: '0.0000001' }, 'h2'],
      400,
      'invalid_request',
    ],
    [
      'negative credits',
      () => ['POST', '/v1/holds', { action: 'api.call', credits: '-5' }, 'h2'],
      400,
      'invalid_request',
    ],
    [
      'a hold of nothing',
      () => ['POST', '/v1/holds', { action: 'api.call', credits: '0' }, 'h2'],
      400,
      'invalid_request',
    ],
    [
      'a hold of more than a balance can be',
      () => ['POST', '/v1/holds', { action: 'api.call', credits: '9999999999999999' }, 'h2'],
      400,
      'invalid_request',
    ],
    [
      'use of more than a balance can be',
      () => track({ quantities: { calls: '9999999999999999999' } }),
      400,
      'invalid_request',
    ],
    [
      'a capture of a hold that was released',
      () => ['POST', `/v1/holds/${settledId}/capture`, {}, 'c3'],
      409,
      'hold_not_open',
    ],
    [
      'a release of a hold that was released',
      () => ['POST', `/v1/holds/${settledId}/release`, {}, 'c4'],
      409,
      'hold_not_open',
    ],
    [
      'a grant that has expired already',
      () => ['POST', '/v1/grants', { ...gift, expires_at: '2026-03-31T00:00:00Z' }, 'g1'],
      400,
      'invalid_request',
    ],
    ['a grant of nothing', () => ['POST', '/v1/grants', { ...gift, credits: '0' }, 'g2'], 400, 'invalid_request'],
    ['a transfer to another customer', () => ['POST', '/v1/transfers', move, 't1'], 422, 'transfer_across_customers'],
    [
      'a batch of 1 001 events',
      () => ['POST', '/v1/track', { events: Array.from({ length: 1_001 }, () => event) }],
      400,
      'invalid_request',
    ],
    [
      'a reused key with another body',
      () => ['POST', '/v1/holds', { action: 'api.call', credits: '6' }, 'hold-1'],
      409,
      'idempotency_key_reused',
    ],
    [
      'a hold without a key',
      () => ['POST', '/v1/holds', { action: 'api.call', credits: '5' }],
      400,
      'idempotency_key_required',
    ],
    [
      'a hold of nobody',
      () => ['POST', '/v1/holds/hold_01jd0000000000000000000000/capture', {}, 'c1'],
      404,
      'unknown_hold',
    ],
    [
      'an id of another kind',
      () => ['POST', `/v1/holds/${holdId.replace('hold_', 'grant_')}/release`, {}, 'c2'],
      404,
      'unknown_hold',
    ],
    [
      'a credit note without a ticket',
      () => ['POST', '/v1/credit_notes', { ...note, invoice, ticket: undefined }, 'n1'],
      400,
      'invalid_request',
    ],
    [
      'a credit note of more than there is',
      () => ['POST', '/v1/credit_notes', { ...note, invoice, amount_minor: 999_999 }, 'n2'],
      422,
      'not_creditable',
    ],
    [
      'a credit note on an invoice of nobody',
      () => ['POST', '/v1/credit_notes', { ...note, invoice: 'in_nobody' }, 'n3'],
      404,
      'unknown_invoice',
    ],
    [
      'a clock that goes back',
      () => ['POST', '/v1/sandbox/clock', { advance_to: '2026-03-01T00:00:00Z' }],
      400,
      'invalid_request',
    ],
  ])('%s', async ([, request, status, code]) => {
    const [method, path, body, key] = request();
    const before = await traces();
    const addressed =
      /(track|holds|grants)$/.test(path) && !('events' in body) ? { customer: customer.stripeCustomer, ...body } : body;
    const reply = await story.call(method, path, addressed, key);
    expect([reply.status, reply.body['error']?.['code']]).toEqual([status, code]);
    expect(reply.body['error']?.['message']).toMatch(/\w+ \w+/);
    expect(await traces()).toEqual(before);
  });
});

test('one bad event among 999 good ones is answered in its place, and the others are burned', async () => {
  const before = await customer.balance();
  const events = Array.from({ length: 1_000 }, (_, at) => ({
    ...event,
    id: `many-${at}`,
    customer: customer.stripeCustomer,
    quantities: { calls: at === 500 ? -1 : 1 },
  }));
  const { body } = await story.call('POST', '/v1/track', { events });
  expect(body).toMatchObject({ applied: 999, rejected: 1 });
  const results = body['results'] as unknown as readonly { id: string; status: string; error?: object }[];
  expect(results.filter(({ status }) => status !== 'applied')).toMatchObject([
    { id: 'many-500', error: { code: 'invalid_request', param: 'events.500.quantities.calls' } },
  ]);
  const left = Number(before['available']) - 999;
  expect(await customer.balance()).toMatchObject({ available: String(left) });
});

test('a retry with the same key gets the first answer, and holds nothing twice', async () => {
  const before = await traces();
  const body = { credits: '5', action: 'api.call', customer: customer.stripeCustomer };
  const reply = await story.call('POST', '/v1/holds', body, 'hold-1');
  expect([reply.status, reply.body['id'], reply.headers.get('idempotent-replayed')]).toEqual([200, holdId, 'true']);
  expect(await traces()).toEqual(before);
});

describe('a webhook that is not ours', () => {
  const payload = (change: object = {}): string =>
    JSON.stringify({
      id: 'evt_forged',
      object: 'event',
      type: 'invoice.paid',
      api_version: '2026-10-28.endive',
      created: 1_775_000_000,
      livemode: false,
      data: { object: { id: 'in_forged', object: 'invoice' } },
      ...change,
    });
  const now = (): number => Math.floor(Date.now() / 1000);
  const sign = (body: string, { secret = SECRET, timestamp = now() } = {}): string =>
    Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });

  test.for<[string, string, (body: string) => string | null, string]>([
    ['without a signature', payload(), () => null, 'signature_missing'],
    ['signed by a stranger', payload(), (body) => sign(body, { secret: 'whsec_stranger' }), 'signature_invalid'],
    [
      'changed after it was signed',
      payload(),
      (body) => sign(body.replace('in_forged', 'in_other')),
      'signature_invalid',
    ],
    ['signed ten minutes ago', payload(), (body) => sign(body, { timestamp: now() - 600 }), 'signature_too_old'],
    ['signed ten minutes ahead', payload(), (body) => sign(body, { timestamp: now() + 600 }), 'signature_in_future'],
    ['of live mode', payload({ livemode: true }), (body) => sign(body), 'wrong_mode'],
    ['of another account', payload({ account: 'acct_stranger' }), (body) => sign(body), 'wrong_account'],
    ['that is no event', '{"hello":1}', (body) => sign(body), 'malformed_event'],
    ['that is no JSON', 'hello', (body) => sign(body), 'malformed_event'],
  ])('%s is refused and not kept', async ([, body, header, code]) => {
    const before = await traces();
    const signature = header(body);
    const response = await fetch(`${story.origin}/v1/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(signature !== null && { 'stripe-signature': signature }) },
      body,
    });
    const { error } = (await response.json()) as { error: { code: string } };
    expect([response.status, error.code]).toEqual([400, code]);
    expect(await traces()).toEqual(before);
  });

  test('a rightly signed one is kept once, however often it comes', async () => {
    const body = payload({ id: 'evt_real', type: 'something.unknown' });
    for (const _ of [1, 2]) {
      const headers = { 'content-type': 'application/json', 'stripe-signature': sign(body) };
      const response = await fetch(`${story.origin}/v1/webhooks/stripe`, { method: 'POST', headers, body });
      expect(response.status).toBe(200);
    }
    const rows = await query(database, `select state from stripe_events where event_id = 'evt_real'`);
    expect(rows).toEqual([{ state: 'received' }]);
  });
});
