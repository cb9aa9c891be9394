import { beforeEach, describe, expect, test } from 'vitest';

import { applyStripeEvents } from '../../src/operations/apply-stripe-events.ts';
import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import { ratesOf, sharedLine } from '../../src/operations/shared-line.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { execute, query } from '../../src/storage/query.ts';
import { type Budget, emptyBudget, readRest, takeCalls } from '../../src/storage/stripe-line.ts';
import { stripeFailure } from '../../src/stripe/failures.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { cloneDatabase } from '../support/database.ts';
import { grantsAtStripe, openProjection, type Projected } from '../support/projection.ts';

const { database, connectionString } = await cloneDatabase();
const stage = await openProjection(database);
const { simulator } = stage;
const { host, port, secretKey } = simulator;

/** A gateway of another replica on the same database. */
function replica(rates: Partial<Parameters<typeof ratesOf>[0]> = {}) {
  const line = sharedLine(database, ratesOf({ mode: 'sandbox', ...rates }));
  return { ...stage.deps, stripe: connectStripe({ secretKey, host, port, protocol: 'http', line }) };
}

async function refilled(secondsAgo: number, tokens = 0): Promise<void> {
  await execute(
    database,
    `update stripe_budgets set tokens = $1, refilled_at = clock_timestamp() - make_interval(secs => $2)`,
    [tokens, secondsAgo],
  );
}

async function restIsOver(): Promise<void> {
  await execute(database, `update stripe_rest set until = clock_timestamp() where until is not null`);
}

describe('the budget', () => {
  const budget: Budget = { bucket: 'calls', perSecond: 20 };

  test('however long nobody called, a fifth of a second is saved up, and replicas share it', async () => {
    await refilled(3_600);
    expect((await takeCalls(database, budget, 100)).granted).toBe(4);
    // So slow that nothing is refilled meanwhile: of four that ask at once one is granted.
    const slow: Budget = { bucket: 'calls', perSecond: 0.001 };
    await refilled(0, 1);
    const other = openDatabase({ connectionString, poolSize: 2 });
    const taken = await Promise.all([database, other, database, other].map(async (db) => takeCalls(db, slow, 3)));
    await other.destroy();
    expect(taken.map(({ granted }) => granted).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1]);
    expect(Math.max(...taken.map(({ waitMs }) => waitMs))).toBeGreaterThan(0);
  });

  test('what was granted is gone, what was not asked for stays', async () => {
    await refilled(0, 4);
    expect(await takeCalls(database, { bucket: 'calls', perSecond: 20 }, 1)).toEqual({ granted: 1, waitMs: 0 });
    const [left] = await query<{ tokens: number }>(
      database,
      `select floor(tokens)::int as tokens from stripe_budgets where bucket = 'calls'`,
    );
    expect(left).toEqual({ tokens: 3 });
  });

  test('after "too many" nobody calls for so long', async () => {
    await refilled(3_600);
    await emptyBudget(database, budget, 60);
    expect((await takeCalls(database, budget, 1)).granted).toBe(0);
    await refilled(30, -1_200);
    expect((await takeCalls(database, budget, 1)).granted).toBe(0);
    await refilled(61, -1_200);
    expect((await takeCalls(database, budget, 1)).granted).toBe(1);
  });

  test('usage has a budget of its own in live mode, and is a call like any other elsewhere', async () => {
    expect(ratesOf({ mode: 'live' })).toEqual({ callsPerSecond: 80, meterCallsPerSecond: 800 });
    expect(ratesOf({ mode: 'test', callsPerSecond: 5 })).toEqual({ callsPerSecond: 5, meterCallsPerSecond: null });
    await refilled(3_600);
    const { stripe } = replica({ callsPerSecond: 1, meterCallsPerSecond: 1_000 });
    const event = { event_name: 'creditpool_credit_milli', payload: { stripe_customer_id: 'cus_1', value: '1' } };
    for (let n = 0; n < 5; n += 1) await stripe.billing.meterEvents.create(event);
    const rows = await query<{ bucket: string; taken: boolean }>(
      database,
      `select bucket, refilled_at > clock_timestamp() - interval '10 minutes' as taken from stripe_budgets order by 1`,
    );
    expect(rows).toEqual([
      { bucket: 'calls', taken: false },
      { bucket: 'meter', taken: true },
    ]);
  });

  test('a call waits for its turn instead of failing', async () => {
    await refilled(0);
    const { stripe } = replica({ callsPerSecond: 50 });
    const answers = await Promise.all(Array.from({ length: 4 }, async () => stripe.products.list({ limit: 1 })));
    expect(answers).toHaveLength(4);
  });

  test('Stripe saying that the account calls too much empties it for all', async () => {
    await refilled(3_600);
    const { stripe } = replica({ callsPerSecond: 20 });
    simulator.faults.add({ match: { path: 'products', times: 1 }, kind: '429', reason: 'global-rate' });
    await expect(stripe.products.list()).rejects.toThrow();
    const [left] = await query<{ tokens: number }>(
      database,
      `select tokens from stripe_budgets where bucket = 'calls'`,
    );
    expect(left).toEqual({ tokens: -20 });
  });
});

describe('a rest', () => {
  beforeEach(async () => {
    await execute(database, `update stripe_rest set since = null, until = null, rests = 0, reason = null`);
  });

  async function attemptsOf({ lane, customerId }: Projected): Promise<readonly number[]> {
    const rows = await query<{ attempts: number }>(
      database,
      `select attempts from outbox where lane = $1 and customer_id = $2 and state in ('pending', 'unknown') order by outbox_id`,
      [lane, customerId],
    );
    return rows.map(({ attempts }) => attempts);
  }

  async function dueAgain(): Promise<void> {
    await execute(
      database,
      `update outbox set next_at = clock_timestamp() where lane between 0 and 63 and state in ('pending', 'unknown')`,
    );
  }

  test('after five failures in a row nobody calls, no attempt is used up, and the first answer ends it', async () => {
    const ours = replica();
    const customer = await stage.subscribe();
    simulator.faults.add({ match: { path: '.' }, kind: '500_before' });
    for (let n = 0; n < 5; n += 1) await expect(ours.stripe.products.list()).rejects.toThrow();
    expect(await readRest(database)).toMatchObject({ reason: 'it answers 500', since: expect.any(Date) as Date });

    // Neither queue asks Stripe for anything.
    expect(await relayOutbox(ours, { limit: 100 })).toMatchObject({ sent: 0, waiting: 0 });
    expect(await applyStripeEvents(ours, {}, { limit: 10 })).toMatchObject({ applied: 0, postponed: 0 });
    const failure = stripeFailure(await ours.stripe.products.list().catch((error: unknown) => error));
    expect(failure).toMatchObject({
      kind: 'retry',
      unsent: true,
      reason: expect.stringContaining('not sent') as string,
    });

    // One message finds out that it is not over, and the rest grows.
    await restIsOver();
    await dueAgain();
    await relayOutbox(ours, { limit: 100 });
    await dueAgain();
    const before = await attemptsOf(customer);
    expect((await readRest(database)).leftMs).toBeGreaterThan(1_000);
    expect(await relayOutbox(ours, { limit: 100 })).toMatchObject({ sent: 0, waiting: 0, parked: 0 });
    expect(await attemptsOf(customer)).toEqual(before);

    simulator.faults.clear();
    await restIsOver();
    await stage.drain(ours);
    expect(await readRest(database)).toMatchObject({ since: null, reason: null, leftMs: 0 });
    expect((await grantsAtStripe(stage.deps, customer)).map(({ left }) => left)).toEqual([10_000]);
  });

  test('a message that was leased when the rest began is given back uncounted, even at its last attempt', async () => {
    const line = sharedLine(database, ratesOf({ mode: 'sandbox' }));
    const down = async () => ({ since: new Date(), leftMs: 60_000, reason: 'it answers 500' });
    const late = { ...line, state: { ...line.state, rest: down } };
    const ours = { ...stage.deps, stripe: connectStripe({ secretKey, host, port, protocol: 'http', line: late }) };
    const customer = await stage.subscribe();
    simulator.faults.add({ match: { path: 'products', times: 5 }, kind: '500_before' });
    for (let n = 0; n < 5; n += 1) await expect(ours.stripe.products.list()).rejects.toThrow();
    await execute(database, `update stripe_rest set since = null, until = null`);
    await relayOutbox(stage.deps, { limit: 1, only: customer });
    await execute(
      database,
      `update outbox set attempts = 29 where lane = $1 and customer_id = $2 and state = 'pending'`,
      [customer.lane, customer.customerId],
    );
    expect(await relayOutbox(ours, { limit: 100, only: customer })).toMatchObject({ waiting: 1, parked: 0 });
    expect(await attemptsOf(customer)).toEqual([29]);
  });

  test('of two replicas that notice at once one begins the rest', async () => {
    simulator.faults.add({ match: { path: '.' }, kind: '500_before' });
    const both = [replica(), replica()];
    await Promise.all(
      both.map(async ({ stripe }) => {
        for (let n = 0; n < 5; n += 1) await stripe.products.list().catch(() => undefined);
      }),
    );
    const [row] = await query<{ rests: number }>(database, 'select rests from stripe_rest');
    expect(row).toEqual({ rests: 1 });
  });

  test('a refused request is an answer: it begins no rest', async () => {
    const { stripe } = replica();
    for (let n = 0; n < 8; n += 1) await expect(stripe.products.retrieve('prod_none')).rejects.toThrow();
    expect(await readRest(database)).toMatchObject({ since: null });
  });
});
