import { describe, expect, test } from 'vitest';

import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { transaction } from '../../src/storage/database.ts';
import { finishMessage, leaseMessages } from '../../src/storage/outbox-lease.ts';
import { enqueue, outboxMessage, unfinishedMessages } from '../../src/storage/outbox.ts';
import { execute, query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { countedInApril, grantsAtStripe, openProjection, type Projected } from '../support/projection.ts';
import { use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const stage = await openProjection(database);
const { deps, simulator } = stage;

/** The lost answer is looked into a day later. */
async function aDayLater(customer: Projected): Promise<void> {
  await execute(
    database,
    `update outbox set first_sent_at = first_sent_at - interval '25 hours'
     where lane = $1 and customer_id = $2 and state = 'unknown'`,
    [customer.lane, customer.customerId],
  );
}

async function states(customer: Projected): Promise<readonly string[]> {
  const rows = await query<{ text: string }>(
    database,
    `select call || ' ' || state || ' ' || epoch as text from outbox where lane = $1 and customer_id = $2 order by outbox_id`,
    [customer.lane, customer.customerId],
  );
  return rows.map(({ text }) => text);
}

/** The SDK itself sends once more after a cut. */
const CUT_TIMES = 2;

const LOSSES = [
  ['a 500 after Stripe did it', '500_after', 1],
  ['a connection cut after Stripe did it', 'cut_after', CUT_TIMES],
  ['a 500 before Stripe did anything', '500_before', 1],
  ['a connection cut before Stripe did anything', 'cut_before', CUT_TIMES],
  ['a rate limit', '429', 2],
  ['a locked object', 'lock_timeout', 2],
  ['two 500s after Stripe did it', '500_after', 2],
] as const;

describe('E5 a lost answer', () => {
  test.for(LOSSES)('%s leaves one credit grant', async ([, kind, times]) => {
    const customer = await stage.subscribe();
    simulator.faults.add({ match: { method: 'POST', path: '/v1/billing/credit_grants$', times }, kind });
    await stage.drain();
    expect((await grantsAtStripe(deps, customer)).map(({ left }) => left)).toEqual([10_000]);
    expect(await unfinishedMessages(database, customer)).toEqual([]);
  });

  test.for(LOSSES)('%s leaves one meter event', async ([, kind, times]) => {
    const customer = await stage.subscribe();
    await use(stage, customer, 12_500);
    await rollUpUsage(deps, { limit: 10, flush: true });
    simulator.faults.add({ match: { method: 'POST', path: '/v1/billing/meter_events$', times }, kind });
    await stage.drain();
    expect(await countedInApril(deps, customer)).toBe(12_500_000);
    expect(await unfinishedMessages(database, customer)).toEqual([]);
  });

  test.for(['cut_after', 'cut_before'] as const)('also when it is looked into a day later: %s', async (kind) => {
    const customer = await stage.subscribe();
    simulator.faults.add({ match: { method: 'POST', path: '/v1/billing/credit_grants$', times: CUT_TIMES }, kind });
    await relayOutbox(deps, { limit: 100 });
    await aDayLater(customer);
    await stage.drain();
    expect((await grantsAtStripe(deps, customer)).map(({ left }) => left)).toEqual([10_000]);

    await use(stage, customer, 700);
    await rollUpUsage(deps, { limit: 10, flush: true });
    simulator.faults.add({ match: { method: 'POST', path: '/v1/billing/meter_events$', times: CUT_TIMES }, kind });
    await relayOutbox(deps, { limit: 100 });
    await aDayLater(customer);
    await stage.drain();
    expect(await countedInApril(deps, customer)).toBe(700_000);
    const epochs = kind === 'cut_after' ? '0' : '1';
    expect(await states(customer)).toEqual([
      'true_up done 0',
      `credit_grant.create done ${epochs}`,
      `meter_event done ${epochs}`,
    ]);
  });

  test('one invoice item, whatever got lost', async () => {
    const customer = await stage.subscribe();
    const draft = await deps.stripe.invoices.create({ customer: customer.stripeCustomerId, auto_advance: false });
    simulator.faults.add({ match: { method: 'POST', path: '/v1/invoiceitems$', times: 1 }, kind: '500_after' });
    await transaction(database, async (trx) =>
      enqueue(trx, customer, {
        queue: 'documents',
        call: 'invoice_item.create',
        subjectId: draft.id,
        request: { customer: customer.stripeCustomerId, invoice: draft.id, amount: -300, currency: 'usd' },
        key: 'correction/one',
      }),
    );
    await stage.drain();
    const items = await deps.stripe.invoiceItems.list({ invoice: draft.id });
    expect(items.data.map(({ amount, metadata }) => [amount, metadata?.['creditpool_key']])).toEqual([
      [-300, 'correction/one'],
    ]);
    expect(await outboxMessage(database, customer, 'correction/one')).toMatchObject({
      state: 'done',
      stripeId: items.data[0]?.id,
    });
  });
});

describe('order', () => {
  test('usage waits until the grants of the lots that it draws are at Stripe', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 10);
    await rollUpUsage(deps, { limit: 10, flush: true });
    simulator.faults.add({ match: { method: 'POST', path: '/v1/billing/credit_grants$', times: 1 }, kind: '429' });
    expect(await relayOutbox(deps, { limit: 100, only: customer })).toMatchObject({ sent: 1, waiting: 1 });
    expect(await countedInApril(deps, customer)).toBe(0);
    await stage.drain();
    expect(await countedInApril(deps, customer)).toBe(10_000);
  });

  test('a parked message holds up its own customer and queue only', async () => {
    const [stuck, other] = [await stage.subscribe(), await stage.subscribe()];
    const send = async (customer: Projected, queue: 'documents' | 'meter', call: string, key: string) =>
      transaction(database, async (trx) => enqueue(trx, customer, { queue, call, subjectId: 'x', request: {}, key }));
    await send(stuck, 'documents', 'nobody.knows', 'first');
    await send(stuck, 'documents', 'invoice.finalize', 'second');
    await stage.drain();
    expect(await unfinishedMessages(database, stuck)).toMatchObject([
      { call: 'nobody.knows', state: 'parked' },
      { call: 'invoice.finalize', state: 'pending' },
    ]);
    expect((await grantsAtStripe(deps, stuck)).map(({ left }) => left)).toEqual([10_000]);
    expect((await grantsAtStripe(deps, other)).map(({ left }) => left)).toEqual([10_000]);
  });

  test('a refused meter event is parked, since its usage is not billed', async () => {
    const customer = await stage.subscribe();
    await stage.drain();
    await transaction(database, async (trx) =>
      enqueue(trx, customer, {
        queue: 'meter',
        call: 'meter_event',
        subjectId: 'x',
        request: { event_name: 'no_such_meter', payload: {}, identifier: 'x', timestamp: 1 },
        key: 'wrong',
      }),
    );
    expect(await relayOutbox(deps, { limit: 10, only: customer })).toMatchObject({ sent: 0, parked: 1 });
    expect(await outboxMessage(database, customer, 'wrong')).toMatchObject({ state: 'parked' });
  });
});

describe('leases', () => {
  test('two relays at once send each message once, one in flight per customer and queue', async () => {
    const customers = await Promise.all(Array.from({ length: 6 }, async () => stage.subscribe()));
    simulator.faults.add({ match: { method: 'POST', path: '/v1/billing/credit_grants$' }, kind: 'slow', delayMs: 30 });
    const both = await Promise.all([relayOutbox(deps, { limit: 100 }), relayOutbox(deps, { limit: 100 })]);
    expect(both.reduce((sum, { sent }) => sum + sent, 0)).toBe(12);
    for (const customer of customers) expect(await grantsAtStripe(deps, customer)).toHaveLength(1);
  });

  test('what a dead worker had leased is taken over, and the dead one can finish nothing', async () => {
    const customer = await stage.subscribe();
    const [dead] = await leaseMessages(database, { limit: 1, leaseSeconds: 0, only: customer });
    await stage.drain();
    expect(await grantsAtStripe(deps, customer)).toHaveLength(1);
    expect(dead).toMatchObject({ call: 'true_up', leaseNo: 1 });
    expect(dead === undefined || (await finishMessage(database, dead, { state: 'cancelled' }))).toBe(false);
    expect(await states(customer)).toEqual(['true_up done 0', 'credit_grant.create done 0']);
  });

  test('a message that is leased is nobody else’s', async () => {
    const customer = await stage.subscribe();
    await leaseMessages(database, { limit: 1, leaseSeconds: 60, only: customer });
    expect(await relayOutbox(deps, { limit: 10, only: customer })).toMatchObject({ sent: 0, waiting: 0 });
    expect(await grantsAtStripe(deps, customer)).toEqual([]);
  });
});
