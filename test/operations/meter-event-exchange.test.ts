import nock from 'nock';
import { afterEach, expect, test } from 'vitest';

import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { execute, query } from '../../src/storage/query.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { openBooks } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database);
const deps = { ...books.deps, stripe: connectStripe({ secretKey: 'sk_test_exchange' }) };

afterEach(() => {
  const unasked = nock.pendingMocks();
  nock.cleanAll();
  if (unasked.length > 0) throw new Error(`Stripe was not asked: ${unasked.join(', ')}`);
});

/** A customer whose grants are at Stripe, with 27.5 credits of usage rolled up at 09:00. */
async function customerWithUsage() {
  const customer = await books.subscribe('hybrid');
  nock('https://api.stripe.com')
    .post('/v1/billing/credit_grants')
    .reply(200, {
      id: `credgr_${customer.customerId}`,
      object: 'billing.credit_grant',
      effective_at: 1_775_000_000,
      created: 1_775_000_000,
    });
  await relayOutbox(deps, { limit: 10 });
  await books.at('2026-04-10T09:20:00Z');
  await use(books, customer, 12);
  expect(await rollUpUsage(deps, { limit: 10 }), 'a window that still runs is not rolled up').toMatchObject({
    meterEvents: 0,
  });
  await books.at('2026-04-10T10:00:00Z');
  expect(await rollUpUsage(deps, { limit: 10 })).toMatchObject({ meterEvents: 1 });
  expect(await rollUpUsage(deps, { limit: 10 })).toMatchObject({ periods: 0, meterEvents: 0 });
  const [period] = await query<{ id: string }>(
    database,
    'select billing_period_id as id from billing_periods where lane = $1 and customer_id = $2',
    [customer.lane, customer.customerId],
  );
  return { ...customer, identifier: `cp/${customer.lane}/${period?.id}/2026-04-10T09:00Z/1` };
}

test('a meter event is form encoded, with our key, our identifier and the pinned version', async () => {
  const customer = await customerWithUsage();
  const exchange = nock('https://api.stripe.com')
    .matchHeader('authorization', 'Bearer sk_test_exchange')
    .matchHeader('content-type', 'application/x-www-form-urlencoded')
    .matchHeader('idempotency-key', `creditpool/${customer.customerId}/${customer.identifier}/0`)
    .matchHeader('stripe-version', /^2\d{3}-\d{2}-\d{2}\.[a-z]+$/)
    .post('/v1/billing/meter_events', {
      event_name: 'creditpool_credit_milli',
      payload: { stripe_customer_id: customer.stripeCustomerId, value: '12000' },
      identifier: customer.identifier,
      timestamp: String(Date.parse('2026-04-10T09:20:00Z') / 1000),
    })
    .reply(200, { object: 'billing.meter_event', identifier: customer.identifier });
  expect(await relayOutbox(deps, { limit: 10 })).toMatchObject({ sent: 1 });
  expect(exchange.isDone()).toBe(true);
});

test('the answer that the identifier exists means that it was counted', async () => {
  const customer = await customerWithUsage();
  nock('https://api.stripe.com')
    .post('/v1/billing/meter_events')
    .reply(400, {
      error: {
        type: 'invalid_request_error',
        message: `An event already exists with identifier ${customer.identifier}.`,
      },
    });
  expect(await relayOutbox(deps, { limit: 10 })).toMatchObject({ sent: 1, parked: 0 });
});

test.for([
  ['a wrong key', 401, { type: 'invalid_request_error', message: 'Invalid API Key provided' }],
  ['a key without the right', 403, { type: 'invalid_request_error', message: 'The provided key does not have access' }],
] as const)('%s parks nothing: the message waits for the set-up to be put right', async ([, status, error]) => {
  await customerWithUsage();
  nock('https://api.stripe.com').post('/v1/billing/meter_events').reply(status, { error });
  expect(await relayOutbox(deps, { limit: 10 })).toMatchObject({ sent: 0, parked: 0, waiting: 1 });
  nock('https://api.stripe.com').post('/v1/billing/meter_events').reply(200, { object: 'billing.meter_event' });
  await execute(
    database,
    `update outbox set next_at = clock_timestamp() where lane between 0 and 63 and state = 'pending'`,
  );
  expect(await relayOutbox(deps, { limit: 10 })).toMatchObject({ sent: 1 });
});

test('the stream takes a token of its own, and another one when it has ended early', async () => {
  const customer = await customerWithUsage();
  const streaming = { ...deps, settings: { ...deps.settings, meterEvents: 'stream' as const } };
  const session = (token: string) => ({
    id: 'mes_1',
    object: 'v2.billing.meter_event_session',
    authentication_token: token,
    created: new Date().toISOString(),
    expires_at: new Date(Date.now() + 900_000).toISOString(),
    livemode: true,
  });
  nock('https://api.stripe.com').post('/v2/billing/meter_event_session').reply(200, session('token_1'));
  nock('https://api.stripe.com').post('/v2/billing/meter_event_session').reply(200, session('token_2'));
  const taken: unknown[] = [];
  nock('https://meter-events.stripe.com')
    .matchHeader('authorization', 'Bearer token_1')
    .post('/v2/billing/meter_event_stream')
    .reply(401, { error: { type: 'temporary_session_expired', code: 'billing_meter_event_session_expired' } });
  nock('https://meter-events.stripe.com')
    .matchHeader('authorization', 'Bearer token_2')
    .matchHeader('content-type', 'application/json')
    .post('/v2/billing/meter_event_stream', (body: unknown) => taken.push(body) > 0)
    .reply(200, {});
  expect(await relayOutbox(streaming, { limit: 10 })).toMatchObject({ sent: 1 });
  expect(taken).toEqual([
    {
      events: [
        {
          event_name: 'creditpool_credit_milli',
          payload: { stripe_customer_id: customer.stripeCustomerId, value: '12000' },
          identifier: customer.identifier,
          timestamp: '2026-04-10T09:20:00.000Z',
        },
      ],
    },
  ]);
});

test('an identifier of another event is no success', async () => {
  await customerWithUsage();
  nock('https://api.stripe.com')
    .post('/v1/billing/meter_events')
    .reply(400, {
      error: { type: 'invalid_request_error', message: 'An event already exists with identifier other.' },
    });
  expect(await relayOutbox(deps, { limit: 10 })).toMatchObject({ sent: 0, parked: 1 });
});
