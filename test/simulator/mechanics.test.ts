import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, clientOf, grant, openStage, seconds, subscribe, use } from './support.ts';

async function refusal(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error('Stripe did not refuse', { cause: error });
}

test('a wrong key is refused with 401', async () => {
  await using stage = await openStage();
  const { host, port } = stage.simulator;
  const stranger = new Stripe('sk_test_wrong', { host, port, protocol: 'http', telemetry: false });
  await expect(stranger.customers.list()).rejects.toThrow(Stripe.errors.StripeAuthenticationError);
});

test('unknown, missing and malformed parameters are refused by name', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const post = async (path: string, parameters: Record<string, unknown>): Promise<Stripe.errors.StripeError> =>
    refusal(stripe.rawRequest('POST', path, parameters));
  expect(await post('/v1/customers', { colour: 'red' })).toMatchObject({
    code: 'parameter_unknown',
    param: 'colour',
    statusCode: 400,
  });
  expect(await post('/v1/products', {})).toMatchObject({ code: 'parameter_missing', param: 'name' });
  expect(await post('/v1/products', { name: 'x', active: 'maybe' })).toMatchObject({
    code: 'parameter_invalid_boolean',
    param: 'active',
  });
  expect(await post('/v1/test_helpers/test_clocks', { frozen_time: 'soon' })).toMatchObject({
    code: 'parameter_invalid_integer',
  });
  expect(await refusal(stripe.customers.retrieve('cus_none'))).toMatchObject({
    code: 'resource_missing',
    statusCode: 404,
  });
});

test('an idempotency key replays the first answer, refuses another body and survives a stored 500', async () => {
  await using stage = await openStage();
  const { stripe, simulator } = stage;
  const first = await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' });
  const again = await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' });
  expect(again.id).toBe(first.id);
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  expect(await refusal(stripe.customers.create({ name: 'Bob' }, { idempotencyKey: 'k1' }))).toMatchObject({
    type: 'StripeIdempotencyError',
  });

  simulator.faults.add({ match: { method: 'POST', path: '^/v1/customers$', times: 1 }, kind: '500_after' });
  await expect(stripe.customers.create({ name: 'Eve' }, { idempotencyKey: 'k2' })).rejects.toThrow(
    Stripe.errors.StripeAPIError,
  );
  await expect(stripe.customers.create({ name: 'Eve' }, { idempotencyKey: 'k2' })).rejects.toThrow(
    Stripe.errors.StripeAPIError,
  );
  const names = (await stripe.customers.list()).data.map(({ name }) => name);
  expect(names).toEqual(['Eve', 'Ada']);
});

test('under one key the second version runs a request again that failed, and replays one that did not', async () => {
  await using stage = await openStage();
  const { stripe, simulator } = stage;
  const customer = await stripe.customers.create({ name: 'Ada' });
  const event = { event_name: 'calls', payload: { stripe_customer_id: customer.id, value: '5' }, identifier: 'a' };
  const send = async (): Promise<unknown> => stripe.v2.billing.meterEvents.create(event, { idempotencyKey: 'k' });
  expect(await refusal(send())).toMatchObject({ statusCode: 400, code: 'no_meter' });
  const meter = await stripe.billing.meters.create({
    display_name: 'Calls',
    event_name: 'calls',
    default_aggregation: { formula: 'sum' },
  });
  simulator.faults.add({ match: { path: 'meter_events', times: 1 }, kind: '500_before' });
  expect(await refusal(send())).toMatchObject({ statusCode: 500 });
  expect(await send()).toMatchObject({ identifier: 'a' });
  expect(await send()).toMatchObject({ identifier: 'a' });
  const now = Math.floor(Date.now() / 60_000) * 60;
  const window = { customer: customer.id, start_time: now - 3600, end_time: now + 3600 };
  const { data } = await stripe.billing.meters.listEventSummaries(meter.id, window);
  expect(data.map(({ aggregated_value: value }) => value)).toEqual([5]);
});

test('an idempotency key may have 255 characters, and no more', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k'.repeat(255) });
  const refused = await refusal(stripe.customers.create({ name: 'Bob' }, { idempotencyKey: 'k'.repeat(256) }));
  expect(refused).toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError' });
  expect((await stripe.customers.list()).data.map(({ name }) => name)).toEqual(['Ada']);
});

test('a key still being answered is in use', async () => {
  await using stage = await openStage();
  const { stripe, simulator } = stage;
  simulator.faults.add({ match: { times: 1 }, kind: 'slow', delayMs: 200 });
  const slow = stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'slow' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await refusal(stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'slow' }))).toMatchObject({
    statusCode: 409,
  });
  expect((await slow).name).toBe('Ada');
});

test('faults: limits, locks and connections cut before and after the work', async () => {
  await using stage = await openStage();
  const { stripe, simulator } = stage;
  simulator.faults.add({ match: { times: 1 }, kind: '429', reason: 'global-rate' });
  const limited = await refusal(stripe.customers.create());
  expect(limited).toMatchObject({ statusCode: 429, headers: { 'stripe-rate-limited-reason': 'global-rate' } });
  simulator.faults.add({ match: { times: 1 }, kind: 'lock_timeout' });
  expect(await refusal(stripe.customers.create())).toMatchObject({ statusCode: 429, code: 'lock_timeout' });
  simulator.faults.add({ match: { times: 2 }, kind: 'cut_before' });
  await expect(stripe.customers.create({ name: 'lost' })).rejects.toThrow(Stripe.errors.StripeConnectionError);
  expect((await stripe.customers.list()).data).toHaveLength(0);
  simulator.faults.add({ match: { times: 2 }, kind: 'cut_after' });
  await expect(stripe.customers.create({ name: 'made' })).rejects.toThrow(Stripe.errors.StripeConnectionError);
  expect((await stripe.customers.list()).data).toHaveLength(1);
  simulator.faults.add({ match: { times: 1 }, kind: 'truncated' });
  await expect(stripe.customers.create({ name: 'half told' })).rejects.toThrow(Stripe.errors.StripeConnectionError);
  expect((await stripe.customers.list()).data).toHaveLength(2);
});

test('lists page newest first, both ways', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  for (const name of ['a', 'b', 'c', 'd', 'e']) await stripe.customers.create({ name });
  const first = await stripe.customers.list({ limit: 2 });
  expect([first.data.map(({ name }) => name), first.has_more]).toEqual([['e', 'd'], true]);
  const second = await stripe.customers.list({ limit: 2, starting_after: first.data[1]?.id ?? '' });
  expect(second.data.map(({ name }) => name)).toEqual(['c', 'b']);
  const back = await stripe.customers.list({ limit: 2, ending_before: second.data[0]?.id ?? '' });
  expect(back.data.map(({ name }) => name)).toEqual(['e', 'd']);
  const all = await stripe.customers.list({ limit: 2 }).autoPagingToArray({ limit: 100 });
  expect(all).toHaveLength(5);
});

test('ids expand into their objects, four levels deep at most', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const [invoice] = (await stripe.invoices.list({ expand: ['data.customer', 'data.payments'] })).data;
  expect(invoice?.customer).toMatchObject({ id: plan.customer, object: 'customer' });
  expect(invoice?.payments?.data).toMatchObject([{ object: 'invoice_payment', status: 'paid', amount_paid: 9900 }]);
  const subscription = await stripe.subscriptions.retrieve(plan.subscription, { expand: ['latest_invoice.customer'] });
  expect(subscription.latest_invoice).toMatchObject({ customer: { id: plan.customer } });
  await expect(stripe.subscriptions.retrieve(plan.subscription, { expand: ['a.b.c.d.e'] })).rejects.toThrow(/4 levels/);
});

test('a simulator started on the journal of a killed one goes on where that was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  const file = join(folder, 'journal.ndjson');
  const stage = await openStage({ file });
  const plan = await subscribe(stage);
  await grant(stage, plan, 10_000);
  await use(stage, plan, 12_500_000, '2026-04-01T00:00:00Z', 'one');

  // The first one is not closed before the second reads: a kill would not have closed it either.
  await using next = await openStage({ file });
  await stage.simulator.close();
  await expect(use(next, plan, 1, '2026-04-01T00:00:00Z', 'one')).rejects.toThrow(/already exists/);
  await advance(next, plan.clock, '2026-05-01T01:00:00Z');
  const [invoice] = (await clientOf(next.simulator).invoices.list({ customer: plan.customer })).data;
  expect([invoice?.status, invoice?.total, invoice?.status_transitions.finalized_at]).toEqual([
    'paid',
    12_400,
    seconds('2026-05-01T01:00:00Z'),
  ]);
  rmSync(folder, { recursive: true });
});

test('the account and the controls answer', async () => {
  await using stage = await openStage({ accountId: 'acct_mine' });
  expect((await stage.stripe.accounts.retrieveCurrent()).id).toBe('acct_mine');
  const state: unknown = await (await fetch(`${stage.simulator.url}/_simulator/state`)).json();
  expect(state).toMatchObject({ customers: 0, events: 0 });
});

test('objects are found by metadata and other fields', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  await stripe.customers.create({ name: 'Ada Lovelace', email: 'ada@example.com', metadata: { team: '7' } });
  await stripe.customers.create({ name: 'Bob' });
  const names = async (query: string) => (await stripe.customers.search({ query })).data.map(({ name }) => name);
  expect(await names("metadata['team']:'7'")).toEqual(['Ada Lovelace']);
  expect(await names('name~"love" AND email:"ada@example.com"')).toEqual(['Ada Lovelace']);
  expect(await names("-metadata['team']:'7'")).toEqual(['Bob']);
  await expect(names('who knows')).rejects.toThrow(/unable to parse/);
});

test('what the simulator does not do is refused by name', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { id } = await stripe.products.create({ name: 'Plan' });
  const fancy = { product: id, currency: 'usd', unit_amount: 1, currency_options: { eur: { unit_amount: 1 } } };
  await expect(stripe.prices.create(fancy)).rejects.toThrow('The simulator does not support currency_options.');
});
