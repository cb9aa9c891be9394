import { describe, expect, test } from 'vitest';

import { applyStripeEvents } from '../../src/operations/apply-stripe-events.ts';
import { fillEventGap } from '../../src/operations/fill-event-gap.ts';
import { mirrorInvoice } from '../../src/operations/mirror-invoice.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { query } from '../../src/storage/query.ts';
import { storeStripeEvents } from '../../src/storage/stripe-events.ts';
import { listEvents } from '../../src/stripe/events.ts';
import { webhookRegistry } from '../../webhooks/index.ts';
import { endApril } from '../support/april.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox, type SignedUp } from '../support/inbox.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const SEEDS = [1, 2, 3, 4];

const { database } = await cloneDatabase();
const stage = await openInbox(database);
const { deps, simulator } = stage;

/** Numbers below 1 that are the same in every run. */
function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Applies the events that are stored, one at a time in a random order, each up to three times. */
async function applyShuffled(random: () => number): Promise<void> {
  const handlers = { ...webhookRegistry };
  const rows = await query<{ eventId: string }>(
    database,
    `select event_id as "eventId" from stripe_events where state = 'received'`,
  );
  const order = rows
    .flatMap(({ eventId }) => Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({ eventId, at: random() })))
    .toSorted((a, b) => a.at - b.at);
  for (const { eventId } of order) {
    await query(
      database,
      `update stripe_events set state = 'received', attempts = 0, lease_until = null,
         next_at = case when event_id = $1 then clock_timestamp() - interval '1 minute'
           else clock_timestamp() + interval '1 hour' end
       where event_id = $1 or state = 'received'`,
      [eventId],
    );
    await applyStripeEvents(deps, handlers, { limit: 1 });
  }
  const left = await query(
    database,
    `select type, state, outcome from stripe_events where state not in ('applied', 'ignored')`,
  );
  expect(left).toEqual([]);
}

/** The mirror and the books of a customer, without ids that differ from run to run. */
async function endOf(customer: SignedUp) {
  const { lane, customerId } = await stage.keyOf(customer);
  const of = (sql: string) => query(database, sql, [lane, customerId]);
  const where = 'where lane = $1 and customer_id = $2';
  return {
    balances: await of(`select kind, unit, balance from accounts ${where} and balance <> 0 order by 1, 2, 3`),
    entries: await of(
      `select kind, effective_at, count(*)::int from journal_entries ${where} and kind not like 'usage.%'
       group by 1, 2 order by 1, 2`,
    ),
    invoices: await of(
      `select billing_reason, status, subtotal_minor, credits_applied_minor, total_minor, amount_paid_minor,
         amount_remaining_minor, finalized_at from invoices ${where} order by created_at`,
    ),
    lines: await of(
      `select kind, quantity, amount_minor, credits_applied_minor from invoice_lines ${where} order by kind, amount_minor`,
    ),
    payments: await of(`select status, amount_paid_minor from invoice_payments ${where} order by amount_paid_minor`),
    periods: await of(`select starts_at, ends_at, state from billing_periods ${where} order by starts_at`),
    lots: await of(`select source, granted, drawn, ended from lots ${where} order by effective_at`),
    subscription: await of(`select status, quantity from subscriptions ${where}`),
    pool: await of(`select state from pools ${where}`),
    credits: await of(`select type, amount_minor from credit_balance_transactions ${where} order by 1, 2`),
  };
}

/** A1 up to the finalized invoice of April, as Stripe sees it; we hear of it only where `listen` says so. */
async function live(listen: boolean): Promise<SignedUp> {
  const customer = await stage.signUp();
  await stage.apply();
  await stage.drain();
  await stage.advance(customer, '2026-04-20T12:00:00Z');
  await stage.use(customer, 12_500, '2026-04-20T12:00:00Z');
  if (!listen) simulator.faults.webhooks = { drop: true };
  await endApril(stage, customer, { listen });
  return customer;
}

/** Webhooks reach us again, those that Stripe repeats included. */
async function settle(customer: SignedUp): Promise<void> {
  simulator.faults.webhooks = {};
  const key = await stage.keyOf(customer);
  await stage.advance(customer, '2026-05-03T00:00:00Z');
  await stage.touch(key);
  await stage.drain();
  await stage.apply();
  await recogniseRevenue(deps);
}

describe('E2: webhooks lost, doubled and shuffled', () => {
  test('every order ends in the same mirror and the same books as the plain one', async () => {
    const plain = await live(true);
    await settle(plain);
    const expected = await endOf(plain);
    expect(expected.balances).toContainEqual({ kind: 'revenue.usage', unit: 'usd', balance: -2500n });

    for (const seed of SEEDS) {
      await stage.restart();
      const random = randomOf(seed);
      const customer = await live(false);
      // Some webhooks come after all, in any order, each up to three times.
      for await (const event of listEvents(deps.stripe, new Date(0))) {
        if (random() > 0.8) await storeStripeEvents(database, [event], 'webhook');
      }
      await applyShuffled(random);
      // The rest is found by listing.
      const gap = await fillEventGap(deps);
      expect(gap.found).toBeGreaterThan(0);
      await applyShuffled(random);
      await settle(customer);
      expect(await endOf(customer)).toEqual(expected);
      expect((await fillEventGap(deps)).found).toBe(0);
    }
    await expectSoundBooks(database);
  });

  test('a state that was fetched earlier, and arrives later, changes nothing', async () => {
    await stage.restart();
    const customer = await stage.signUp();
    await stage.apply();
    const [invoice] = await query<{ invoiceId: string; object: object }>(
      database,
      `select invoice_id as "invoiceId", object from invoices order by created_at desc, fetched_at desc limit 1`,
    );
    if (invoice === undefined) throw new Error('no invoice was mirrored');
    await query(
      database,
      `update invoices set fetched_at = clock_timestamp() + interval '1 hour', status = 'void' where invoice_id = $1`,
      [invoice.invoiceId],
    );
    const before = await endOf(customer);
    await mirrorInvoice(deps, invoice.invoiceId);
    expect(await endOf(customer)).toEqual(before);
  });
});
