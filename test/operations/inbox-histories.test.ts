// The promise of the inbox, over random histories of webhooks (permuted, doubled, lost, late; snapshot and thin): whatever
// of them arrives, we end where Stripe is, and each transition is posted once. CI tells 100; `npm run test:histories` 5 000.
import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { applyStripeEvents } from '../../src/operations/apply-stripe-events.ts';
import { fillEventGap } from '../../src/operations/fill-event-gap.ts';
import { receiveStripeEvent } from '../../src/operations/receive-stripe-event.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { signUp } from '../../src/sandbox/sign-up.ts';
import { setSimulatedClock } from '../../src/storage/clock.ts';
import { listPackVersions, listPlanVersions } from '../../src/storage/plans.ts';
import { execute, query } from '../../src/storage/query.ts';
import { inboxRegistry } from '../../webhooks/index.ts';
import { cloneDatabase } from '../support/database.ts';
import { openProjection } from '../support/projection.ts';
import { type Deed, doAtStripe, type Fate, type StripeHistory, stripeHistories } from '../support/stripe-histories.ts';

const COUNT = Number(process.env['HISTORIES'] ?? 60);
const SEED = Number(process.env['SEED'] ?? 41);
const COHORT = 100;
const PARALLEL = 6;
const SECRETS = ['whsec_old', 'whsec_new'];
const DAY_MS = 86_400_000;

const { database } = await cloneDatabase();
const { deps, simulator } = await openProjection(database);
const { stripe } = deps;
const { webhooks } = new Stripe('sk_test_tests');
let clock = Date.parse('2026-04-01T00:00:00Z');
let delivered = 0;
let lost = 0;

interface Life extends StripeHistory {
  readonly customer: string;
  readonly subscription: string;
  readonly pack: string;
  told: number;
}

async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

async function moveTo(instant: number): Promise<void> {
  clock = instant;
  await simulator.advanceTo(new Date(clock));
  await setSimulatedClock(database, new Date(clock));
}

/** A generator of numbers in [0, 1), the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** The same news as a thin destination brings it, under an id of its own. */
function thinly(event: Stripe.Event): object {
  const { id, object } = event.data.object as { readonly id: string; readonly object: string };
  return {
    id: `${event.id}thin`,
    object: 'v2.core.event',
    type: `v1.${event.type}`,
    created: new Date(event.created * 1000).toISOString(),
    livemode: false,
    related_object: { id, type: object, url: `/v1/${object}s/${id}` },
    snapshot_event: event.id,
  };
}

async function receive(body: object, secret: string): Promise<void> {
  const receivedAt = new Date();
  const rawBody = JSON.stringify(body);
  const timestamp = Math.floor(receivedAt.getTime() / 1000);
  const signature = webhooks.generateTestHeaderString({ payload: rawBody, secret, timestamp });
  const answer = await receiveStripeEvent(deps, { rawBody, signature, secrets: SECRETS, receivedAt });
  if ('rejected' in answer) throw new Error(JSON.stringify(answer.rejected));
  delivered += 1;
}

async function applyAll(random: () => number): Promise<void> {
  for (;;) {
    await execute(database, `update stripe_events set next_at = clock_timestamp() where state = 'received'`);
    const limit = 1 + Math.floor(random() * 200);
    const { applied, ignored, postponed, parked } = await applyStripeEvents(deps, inboxRegistry, { limit });
    expect(parked).toBe(0);
    if (applied + ignored + postponed === 0) return;
  }
}

/** What Stripe has to tell since the last time, by the customer it is about. */
async function newsOf(
  lives: ReadonlyMap<string, Life>,
  known: Set<string>,
): Promise<(readonly [Life, Stripe.Event])[]> {
  const found: (readonly [Life, Stripe.Event])[] = [];
  const since = Math.floor((clock - 40 * DAY_MS) / 1000);
  for await (const event of stripe.events.list({ created: { gte: since }, limit: 100 })) {
    if (known.has(event.id)) break;
    const object = event.data.object as { readonly id?: string; readonly customer?: unknown; readonly object: string };
    const owner = object.object === 'customer' ? object.id : object.customer;
    const life = typeof owner === 'string' ? lives.get(owner) : undefined;
    if (life !== undefined) found.push([life, event]);
  }
  for (const [, { id }] of found) known.add(id);
  return found.toReversed();
}

/** The end of a customer's history at Stripe and here, in the same words; money in minor units. */
async function atStripe({ customer, subscription }: Life): Promise<object> {
  const [facts, { status }, invoices, notes] = await Promise.all([
    stripe.customers.retrieve(customer) as Promise<Stripe.Customer>,
    stripe.subscriptions.retrieve(subscription),
    stripe.invoices.list({ customer, limit: 100, expand: ['data.payments'] }),
    stripe.creditNotes.list({ customer, limit: 100 }),
  ]);
  const movements = await stripe.customers.listBalanceTransactions(customer, { limit: 100 });
  const payments = invoices.data.flatMap((invoice) => invoice.payments?.data ?? []);
  const paid = payments.filter((one) => one.status === 'paid' && (one.amount_paid ?? 0) > 0);
  let refunded = 0;
  for (const { payment } of paid) {
    if (typeof payment.payment_intent !== 'string') continue;
    const { data } = await stripe.refunds.list({ payment_intent: payment.payment_intent, limit: 100 });
    refunded += data.filter((refund) => refund.status === 'succeeded').reduce((sum, { amount }) => sum + amount, 0);
  }
  const sumOf = (of: (invoice: Stripe.Invoice) => number): number =>
    invoices.data.reduce((sum, one) => sum + of(one), 0);
  const collected = paid.filter(({ payment }) => payment.type === 'payment_intent');
  return {
    name: facts.name,
    balance: facts.balance,
    movements: movements.data.length,
    subscription: status,
    invoices: invoices.data
      .map(
        (one) =>
          `${one.id} ${one.status} ${one.total} ${one.amount_paid} ${one.amount_remaining} ${one.lines.data.length}`,
      )
      .toSorted(byText),
    notes: notes.data.map(({ id, status: state, total }) => `${id} ${state} ${total}`).toSorted(byText),
    cash: collected.reduce((sum, { amount_paid: amount }) => sum + (amount ?? 0), 0) - refunded,
    receivable: sumOf((one) => (one.status === 'open' ? one.amount_remaining : 0)),
    posted: {
      finalized: sumOf((one) => (one.status_transitions.finalized_at !== null && one.total !== 0 ? 1 : 0)),
      payments: paid.length,
      notes: notes.data.filter(({ total }) => total !== 0).length,
    },
  };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

async function here({ customer, subscription }: Life): Promise<object> {
  const [owner] = await query<{ lane: number; id: string; name: string; balance: bigint }>(
    database,
    `select lane, customer_id as id, name, stripe_balance_minor as balance from customers
     where lane between 0 and 63 and stripe_customer_id = $1`,
    [customer],
  );
  if (owner === undefined) throw new Error(`${customer} is not mirrored`);
  const key = [owner.lane, owner.id];
  const texts = async (sql: string): Promise<string[]> =>
    (await query<{ text: string }>(database, sql, key)).map(({ text }) => text).toSorted(byText);
  const number = async (sql: string): Promise<number> => {
    const [row] = await query<{ n: bigint | number }>(database, sql, key);
    return Number(row?.n ?? 0);
  };
  const where = 'where lane = $1 and customer_id = $2';
  const balance = async (kind: string) =>
    number(`select coalesce(sum(balance), 0)::bigint as n from accounts ${where} and kind = '${kind}'`);
  const entries = async (kind: string) =>
    number(`select count(*)::int as n from journal_entries ${where} and kind = '${kind}'`);
  const [row] = await query<{ status: string }>(
    database,
    `select status from subscriptions ${where} and subscription_id = $3`,
    [...key, subscription],
  );
  return {
    name: owner.name,
    balance: Number(owner.balance),
    movements: await number(`select count(*)::int as n from customer_balance_transactions ${where}`),
    subscription: row?.status,
    invoices: await texts(
      `select concat_ws(' ', invoice_id, status, total_minor, amount_paid_minor, amount_remaining_minor, (
         select count(*) from invoice_lines l where l.lane = $1 and l.customer_id = $2 and l.invoice_id = i.invoice_id)) as text
       from invoices i ${where}`,
    ),
    notes: await texts(`select concat_ws(' ', credit_note_id, status, total_minor) as text from credit_notes ${where}`),
    cash: await balance('cash'),
    receivable: await balance('receivable'),
    posted: {
      finalized: await entries('invoice.finalized'),
      payments: await entries('invoice_payment.paid'),
      notes: await entries('credit_note.issued'),
    },
  };
}

/** Customers who live through a month together, each with a history of its own. */
async function liveOut(histories: readonly StripeHistory[], seed: number): Promise<readonly object[]> {
  const random = randomOf(seed);
  const [plan] = await listPlanVersions(database);
  const [pack] = await listPackVersions(database);
  if (plan === undefined || pack?.stripePriceId == null) throw new Error('nothing is sold');
  const lives = new Map<string, Life>();
  const known = new Set<string>();
  let kept: (() => Promise<void>)[] = [];
  const price = pack.stripePriceId;
  const step = async (instant: number, isLast: boolean, deedsOf: (life: Life) => readonly Deed[]): Promise<void> => {
    await moveTo(instant);
    await eachOf([...lives.values()], async (life) => {
      for (const deed of deedsOf(life)) await doAtStripe(stripe, deed, life);
    });
    const now = kept;
    kept = [];
    for (const [life, event] of await newsOf(lives, known)) {
      const fate: Fate = life.fates[life.told % life.fates.length] ?? 'now';
      life.told += 1;
      const secret = SECRETS[life.told % 2] ?? '';
      const send = async (): Promise<void> => receive(life.thin ? thinly(event) : event, secret);
      if (fate === 'lost') lost += 1;
      if (fate === 'now' || fate === 'twice') now.push(send);
      if (fate === 'late' || fate === 'twice') (isLast ? now : kept).push(send);
    }
    const order = shuffled(now, random);
    // Some are applied while others still arrive.
    const half = Math.floor(order.length * random());
    await eachOf(order.slice(0, half), async (send) => send());
    await applyAll(random);
    await eachOf(order.slice(half), async (send) => send());
    await applyAll(random);
    await fillEventGap(deps);
    await applyAll(random);
  };
  const start = clock + DAY_MS;
  await moveTo(start);
  await eachOf(histories, async (history) => {
    const { customer, subscription } = await signUp(stripe, {
      name: 'Acme',
      externalId: `life-${seed}-${lives.size}-${Math.floor(random() * 1e9)}`,
      plan,
    });
    lives.set(customer, { ...history, customer, subscription, pack: price, told: 0 });
  });
  await step(start, false, () => []);
  await step(start + 9 * DAY_MS, false, ({ early }) => early);
  await step(start + 32 * DAY_MS, true, ({ late }) => late);

  const wrong: object[] = [];
  await eachOf([...lives.values()], async (life) => {
    const [theirs, ours] = [await atStripe(life), await here(life)];
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) {
      wrong.push({ theirs, ours, history: { thin: life.thin, early: life.early, late: life.late, fates: life.fates } });
    }
  });
  // The next cohort has the stage to itself.
  await eachOf([...lives.values()], async ({ subscription }) => {
    await doAtStripe(stripe, 'cancel', { customer: '', subscription, pack: '' });
  });
  await fillEventGap(deps);
  await applyAll(random);
  return wrong;
}

test(
  `${COUNT} histories of webhooks (seed ${SEED}) end where Stripe is, each transition posted once`,
  { timeout: 120_000 + COUNT * 2_000 },
  async () => {
    const wrong: object[] = [];
    const histories = stripeHistories(COUNT, SEED);
    for (let from = 0; from < COUNT; from += COHORT) {
      wrong.push(...(await liveOut(histories.slice(from, from + COHORT), SEED + from)));
      if (COUNT > 100)
        console.error(`${from + COHORT} histories, ${delivered} deliveries, ${lost} lost, ${wrong.length} wrong`);
    }
    expect(wrong).toEqual([]);
    expect(delivered).toBeGreaterThan(COUNT * 5);
    expect(lost).toBeGreaterThan(COUNT);
    expect((await verifyLedger(deps)).breaches).toEqual([]);
  },
);
