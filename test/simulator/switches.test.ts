import { readFileSync } from 'node:fs';

import { Stripe } from 'stripe';
import { beforeEach, expect, test } from 'vitest';

import { defaultSwitches, OTHER_POSITIONS } from '../../src/simulator/switches.ts';
import { UNDER_BOTH } from '../support/positions.ts';
import {
  advance,
  grant,
  idOf,
  openListener,
  openStage as openPlainStage,
  seconds,
  type Stage,
  subscribe,
  use,
} from './support.ts';

/** Where the simulator looked at a switch, by position, in a test that names it; and in any test. */
const looked = new Map<string, Set<unknown>>();
const lookedAnywhere = new Map<string, Set<unknown>>();

function add(where: Map<string, Set<unknown>>, name: string, position: unknown): void {
  where.set(name, (where.get(name) ?? new Set()).add(position));
}

let running = '';
beforeEach(({ task }) => {
  running = task.name;
});

/** A stage that remembers which switches its simulator looks at, and how they stood. */
async function openStage(...options: Parameters<typeof openPlainStage>): Promise<Stage> {
  const stage = await openPlainStage(...options);
  const { switches } = stage.simulator;
  for (const [name, first] of Object.entries(switches)) {
    let position: unknown = first;
    const get = (): unknown => {
      add(lookedAnywhere, name, position);
      if (running.includes(name)) add(looked, name, position);
      return position;
    };
    const set = (moved: unknown): void => void (position = moved);
    Object.defineProperty(switches, name, { get, set, enumerable: true });
  }
  return stage;
}

const APRIL = { start_time: seconds('2026-04-01T00:00:00Z'), end_time: seconds('2026-05-01T00:00:00Z') };

test('archivedMeter: an event for a deactivated meter is accepted and lost', async () => {
  await using stage = await openStage({ switches: { archivedMeter: 'reported' } });
  const plan = await subscribe(stage);
  await stage.stripe.billing.meters.deactivate(plan.meter);
  await use(stage, plan, 5, '2026-04-01T00:00:00Z');
  const { data } = await stage.stripe.v2.core.events.list({});
  expect(data).toHaveLength(1);
});

test('meterTimestamps: an event out of bounds is accepted and lost, and its identifier stays free', async () => {
  await using stage = await openStage({ switches: { meterTimestamps: 'reported' } });
  const plan = await subscribe(stage);
  await use(stage, plan, 5, '2026-01-01T00:00:00Z', 'old');
  await use(stage, plan, 5, '2026-04-01T00:00:00Z', 'old');
  const { data } = await stage.stripe.billing.meters.listEventSummaries(plan.meter, {
    customer: plan.customer,
    ...APRIL,
  });
  expect(data[0]?.aggregated_value).toBe(5);
});

test('meterDecimals: only whole numbers are taken', async () => {
  await using stage = await openStage({ switches: { meterDecimals: false } });
  const plan = await subscribe(stage);
  await expect(use(stage, plan, '1.5', '2026-04-01T00:00:00Z')).rejects.toThrow(/not a valid number/);
});

test('concurrentMeterEvents: a second call in flight for one customer and meter is refused', async () => {
  await using stage = await openStage({ switches: { concurrentMeterEvents: 'refused' } });
  const plan = await subscribe(stage);
  stage.simulator.faults.add({ match: { path: 'meter_events', times: 1 }, kind: 'slow', delayMs: 300 });
  const answers = await Promise.allSettled(
    [1, 2, 3].map(async (value) => use(stage, plan, value, '2026-04-01T00:00:00Z')),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await use(stage, plan, 4, '2026-04-01T00:00:00Z');
});

test('deactivatedMeterFreesName: the name can be used again', async () => {
  await using stage = await openStage({ switches: { deactivatedMeterFreesName: true } });
  const plan = await subscribe(stage);
  await stage.stripe.billing.meters.deactivate(plan.meter);
  const again = await stage.stripe.billing.meters.create({
    display_name: 'x',
    event_name: 'credits',
    default_aggregation: { formula: 'sum' },
  });
  await use(stage, plan, 5, '2026-04-01T00:00:00Z');
  const { data } = await stage.stripe.billing.meters.listEventSummaries(again.id, {
    customer: plan.customer,
    ...APRIL,
  });
  expect(data[0]?.aggregated_value).toBe(5);
});

test.for([
  ['exclusive', undefined],
  ['inclusive', 5],
] as const)('summaryEnd %s', async ([summaryEnd, value]) => {
  await using stage = await openStage({ switches: { summaryEnd } });
  const plan = await subscribe(stage);
  await use(stage, plan, 5, '2026-04-01T00:00:00Z');
  const { data } = await stage.stripe.billing.meters.listEventSummaries(plan.meter, {
    customer: plan.customer,
    start_time: seconds('2026-03-31T00:00:00Z'),
    end_time: seconds('2026-04-01T00:00:00Z'),
  });
  expect(data[0]?.aggregated_value).toBe(value);
});

test('draftsShowCredits off: a draft shows no credits, and takes them all the same', async () => {
  await using stage = await openStage({ switches: { draftsShowCredits: false } });
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await grant(stage, plan, 500);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T00:00:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(draft?.total).toBe(10_900);
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  expect((await stripe.invoices.retrieve(draft?.id ?? '')).total).toBe(10_400);
});

test.for(['refused', 'reopens'] as const)('voidingPaidByCreditNote %s', async (position) => {
  await using stage = await openStage({ switches: { voidingPaidByCreditNote: position } });
  const { stripe } = stage;
  const plan = await subscribe(stage, { subscription: { collection_method: 'send_invoice', days_until_due: 5 } });
  await advance(stage, plan.clock, '2026-04-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  const note = await stripe.creditNotes.create({ invoice: invoice?.id ?? '', amount: 9900 });
  const status = await stripe.creditNotes.voidCreditNote(note.id).then(
    () => 'reopens',
    () => 'refused',
  );
  expect(status).toBe(position);
  expect((await stripe.invoices.retrieve(invoice?.id ?? '')).status).toBe(position === 'reopens' ? 'open' : 'paid');
});

test('creditTransactionsWithoutCustomer: refused, or listed for all', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  await grant(stage, plan, 500);
  await expect(stage.stripe.billing.creditBalanceTransactions.list()).rejects.toThrow(/customer/);
  stage.simulator.switches.creditTransactionsWithoutCustomer = 'listed';
  expect((await stage.stripe.billing.creditBalanceTransactions.list()).data).toHaveLength(1);
});

test('eventStamps and paymentStamps: real time, or the time of the test clock', async () => {
  await using stage = await openStage({ switches: { eventStamps: 'test_clock', paymentStamps: 'test_clock' } });
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const [charge] = (await stripe.charges.list({ customer: plan.customer })).data;
  const [paid] = (await stripe.events.list({ type: 'invoice.paid' })).data;
  expect([charge?.created, paid?.created]).toEqual([seconds('2026-04-01T00:00:00Z'), seconds('2026-04-01T00:00:00Z')]);
});

test('tooSmallMovesToBalance off: small amounts stay due', async () => {
  await using stage = await openStage({ switches: { tooSmallMovesToBalance: false } });
  const { stripe } = stage;
  const customer = await stripe.customers.create();
  const draft = await stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 30, currency: 'usd' });
  expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ status: 'open', amount_due: 30 });
});

test('upcomingDays: a notice without an id comes before the period end', async () => {
  await using stage = await openStage({ switches: { upcomingDays: 7 } });
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-04-24T00:00:00Z');
  const [upcoming] = (await stripe.events.list({ type: 'invoice.upcoming' })).data;
  expect(upcoming?.data.object).toMatchObject({
    object: 'invoice',
    customer: plan.customer,
    billing_reason: 'upcoming',
  });
  expect(upcoming?.data.object).not.toHaveProperty('id');
});

test('writesWhileAdvancing refused: who writes what the clock holds has to come again, others are let through', async () => {
  await using stage = await openStage({ switches: { writesWhileAdvancing: 'refused', webhookRetryMs: 20 } });
  await using listener = await openListener();
  const { stripe } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['invoice.created'] });
  const plan = await subscribe(stage);
  const other = await stripe.customers.create({ name: 'Cy' });
  // Until its draft was heard of, the clock is on its way.
  const heard = Promise.withResolvers<void>();
  listener.until = heard.promise;
  await stripe.testHelpers.testClocks.advance(plan.clock, { frozen_time: seconds('2026-05-10T00:00:00Z') });
  expect((await stripe.customers.update(other.id, { name: 'Di' })).name).toBe('Di');
  const item = { customer: plan.customer, amount: 100, currency: 'usd' };
  await expect(stripe.invoiceItems.create(item)).rejects.toMatchObject({ code: 'lock_timeout' });
  await expect(stripe.customers.update(plan.customer, { name: 'Bea' })).rejects.toMatchObject({ code: 'lock_timeout' });
  heard.resolve();
  await stage.simulator.settled();
  expect((await stripe.customers.update(plan.customer, { name: 'Bea' })).name).toBe('Bea');
});

test.for([
  ['unknownMeter', { event_name: 'nothing', payload: { value: '1' } }, 'no_meter'],
  ['malformedMeterEvents', { event_name: 'credits', payload: { value: '1' } }, 'meter_event_no_customer_defined'],
] as const)('%s: accepted, and reported to whoever fetches reports', async ([name, event, code]) => {
  await using refusing = await openStage();
  await subscribe(refusing);
  await expect(refusing.stripe.billing.meterEvents.create(event)).rejects.toMatchObject({ statusCode: 400 });
  await using stage = await openStage({ switches: { [name]: 'reported' } });
  await subscribe(stage);
  expect((await stage.stripe.billing.meterEvents.create({ ...event, identifier: 'a' })).identifier).toBe('a');
  const { data } = await stage.stripe.v2.core.events.list({});
  expect(data[0]).toMatchObject({
    data: { reason: { error_types: [{ code, sample_errors: [{ request: { identifier: 'a' } }] }] } },
  });
});

test('meterTimestampClock real: the clock on the wall bounds the stamps, and April is long ago', async () => {
  await using stage = await openStage({ switches: { meterTimestampClock: 'real' } });
  const plan = await subscribe(stage);
  await expect(use(stage, plan, 5, '2026-04-01T00:00:00Z')).rejects.toMatchObject({
    code: 'timestamp_too_far_in_past',
  });
});

test.for([
  [{}, [7, 5]],
  [{ summaryOrder: 'oldest_first' }, [5, 7]],
  [{ summaryOfNothing: 'zero' }, [7, 0, 5]],
] as const)('summaryOrder and summaryOfNothing %o: windows of three hours', async ([switches, expected]) => {
  await using stage = await openStage({ switches });
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-04-01T03:00:00Z');
  await use(stage, plan, 5, '2026-04-01T00:30:00Z');
  await use(stage, plan, 7, '2026-04-01T02:30:00Z');
  const { data } = await stage.stripe.billing.meters.listEventSummaries(plan.meter, {
    customer: plan.customer,
    start_time: seconds('2026-04-01T00:00:00Z'),
    end_time: seconds('2026-04-01T03:00:00Z'),
    value_grouping_window: 'hour',
  });
  expect(data.map(({ aggregated_value: value }) => value)).toEqual(expected);
});

/** What a note comes to, or why it is refused. */
const outcome = async (note: Promise<Stripe.CreditNote>): Promise<string> =>
  note.then(
    ({ total }) => `${total}`,
    (error: Error) => error.message,
  );

test.for([
  ['after_credits', 'exceeds the amount that can still be credited on the invoice (10400)'],
  ['before_credits', '10600'],
] as const)('creditNoteCeiling %s', async ([creditNoteCeiling, expected]) => {
  await using stage = await openStage({ switches: { creditNoteCeiling } });
  const plan = await subscribe(stage);
  await grant(stage, plan, 500);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stage.stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.total).toBe(10_400);
  const preview = stage.stripe.creditNotes.preview({ invoice: invoice?.id ?? '', amount: 10_600 });
  expect(await outcome(preview)).toContain(expected);
});

test.for([
  ['refused', 'must be positive'],
  ['issued', '0'],
] as const)('creditNoteOfNothing %s', async ([creditNoteOfNothing, expected]) => {
  await using stage = await openStage({ switches: { creditNoteOfNothing } });
  const plan = await subscribe(stage);
  await grant(stage, plan, 5000);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stage.stripe.invoices.list({ customer: plan.customer })).data;
  const line = invoice?.lines.data.find(({ pricing }) => pricing?.price_details?.price === plan.usage);
  const lines = [{ type: 'invoice_line_item' as const, invoice_line_item: line?.id ?? '', amount: 1000 }];
  const note = stage.stripe.creditNotes.create({ invoice: invoice?.id ?? '', lines });
  expect(await outcome(note)).toContain(expected);
});

test.for([
  ['away', -3],
  ['up', -2],
] as const)('negativeHalf %s: minus five times half a cent', async ([negativeHalf, amount]) => {
  await using stage = await openStage({ switches: { negativeHalf } });
  const plan = await subscribe(stage);
  const item = await stage.stripe.invoiceItems.create({
    customer: plan.customer,
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('-0.5'),
    quantity: 5,
  });
  expect(item.amount).toBe(amount);
});

test.for([
  ['one', 'line', 10, [20]],
  ['one', 'tier', 11, [20]],
  ['per_tier', 'line', 11, [9, 11]],
] as const)('graduatedLines %s, tierRounding %s: 9 at half a cent and 11 at half a cent', async (position) => {
  const [graduatedLines, tierRounding, amount, quantities] = position;
  await using stage = await openStage({ switches: { graduatedLines, tierRounding } });
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const { product } = await stripe.prices.retrieve(plan.base);
  const half = Stripe.Decimal.from('0.5');
  const tiered = await stripe.prices.create({
    product: idOf(product),
    currency: 'usd',
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 9, unit_amount_decimal: half },
      { up_to: 'inf', unit_amount_decimal: half },
    ],
    recurring: { interval: 'month' },
  });
  const customer = await stripe.customers.create({ payment_method: 'pm_card_visa' });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: tiered.id, quantity: 20 }],
    collection_method: 'send_invoice',
    days_until_due: 5,
  });
  const invoice = await stripe.invoices.retrieve(idOf(subscription.latest_invoice));
  expect(invoice.subtotal).toBe(amount);
  expect(invoice.lines.data.map(({ quantity }) => quantity)).toEqual(quantities);
});

test.for([
  ['free', 9900],
  ['billed', 10_900],
] as const)('trialUsage %s: what was used in the trial', async ([trialUsage, total]) => {
  await using stage = await openStage({ switches: { trialUsage } });
  const plan = await subscribe(stage, { subscription: { trial_period_days: 14 } });
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-15T02:00:00Z');
  const [first] = (await stage.stripe.invoices.list({ customer: plan.customer })).data;
  expect(first?.total).toBe(total);
});

test.for([
  // 1 000 000 at the old price and 500 000 at twice that, or all of it at twice that.
  ['since_change', 9900 + 1000 + 1000],
  ['whole_period', 9900 + 3000],
] as const)('swappedMeteredPrice %s: what was used before the price was replaced', async (position) => {
  const [swappedMeteredPrice, total] = position;
  await using stage = await openStage({ switches: { swappedMeteredPrice } });
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  const twice = await stripe.prices.create({
    product: idOf((await stripe.prices.retrieve(plan.usage)).product),
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.002'),
    recurring: { interval: 'month', usage_type: 'metered', meter: plan.meter },
  });
  const { items } = await stripe.subscriptions.retrieve(plan.subscription);
  const item = items.data.find(({ price }) => price.id === plan.usage);
  await stripe.subscriptionItems.update(item?.id ?? '', { price: twice.id });
  await use(stage, plan, 500_000, '2026-04-16T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.total).toBe(total);
});

test('testClockCustomersMax and subscriptionItemsMax: one more is refused', async () => {
  await using stage = await openStage({ switches: { testClockCustomersMax: 1, subscriptionItemsMax: 2 } });
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await expect(stripe.customers.create({ test_clock: plan.clock })).rejects.toThrow('at most 1 customers');
  const { product } = await stripe.prices.retrieve(plan.base);
  const price = await stripe.prices.create({
    product: idOf(product),
    currency: 'usd',
    unit_amount: 1,
    recurring: { interval: 'month' },
  });
  await expect(stripe.subscriptions.update(plan.subscription, { items: [{ price: price.id }] })).rejects.toThrow(
    'at most 2 items',
  );
});

test.for([
  [false, 'open'],
  [true, 'draft'],
] as const)(
  'scheduledFinalizationWaits %s: an endpoint that never answers holds a scheduled draft',
  async ([scheduledFinalizationWaits, status]) => {
    await using stage = await openStage({ switches: { scheduledFinalizationWaits, webhookRetryMs: 60_000 } });
    await using listener = await openListener();
    listener.answer = 500;
    const { stripe } = stage;
    await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['invoice.created'] });
    const plan = await subscribe(stage, { subscription: { collection_method: 'send_invoice', days_until_due: 5 } });
    await advance(stage, plan.clock, '2026-05-01T00:00:00Z');
    const [draft] = (await stripe.invoices.list({ customer: plan.customer })).data;
    await stripe.invoices.update(draft?.id ?? '', { automatically_finalizes_at: seconds('2026-05-01T01:30:00Z') });
    await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
    expect((await stripe.invoices.retrieve(draft?.id ?? '')).status).toBe(status);
  },
);

test('draftWindowSeconds: a shorter hour', async () => {
  await using stage = await openStage({ switches: { draftWindowSeconds: 600 } });
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-05-01T00:11:00Z');
  const [invoice] = (await stage.stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.status).toBe('paid');
});

test.for([0, 150])('meterLagMs %i: accepted events count later', async (meterLagMs) => {
  await using stage = await openStage({ switches: { meterLagMs } });
  const plan = await subscribe(stage);
  await use(stage, plan, 5, '2026-04-01T00:00:00Z');
  const summed = async (): Promise<number | undefined> => {
    const range = { customer: plan.customer, ...APRIL };
    return (await stage.stripe.billing.meters.listEventSummaries(plan.meter, range)).data[0]?.aggregated_value;
  };
  expect(await summed()).toBe(meterLagMs === 0 ? 5 : undefined);
  await stage.simulator.settled();
  expect(await summed()).toBe(5);
});

test.for(['reported', 'refused'] as const)('unknownMeterCustomer %s', async (unknownMeterCustomer) => {
  await using stage = await openStage({ switches: { unknownMeterCustomer } });
  await subscribe(stage);
  const event = { event_name: 'credits', payload: { stripe_customer_id: 'cus_none', value: '1' } };
  const answer = await stage.stripe.billing.meterEvents.create(event).then(
    () => 'reported',
    () => 'refused',
  );
  expect(answer).toBe(unknownMeterCustomer);
});

test('creditGrantsMax: one more is refused', async () => {
  await using stage = await openStage({ switches: { creditGrantsMax: 1 } });
  const plan = await subscribe(stage);
  await grant(stage, plan, 100);
  await expect(grant(stage, plan, 100)).rejects.toThrow(/at most 1/);
});

test.for([
  ['lapses', 10_900],
  ['pays', 9900],
] as const)('grantEndingInDraftWindow %s', async ([grantEndingInDraftWindow, total]) => {
  await using stage = await openStage({ switches: { grantEndingInDraftWindow } });
  const plan = await subscribe(stage);
  await grant(stage, plan, 5000, { expires_at: seconds('2026-05-01T00:30:00Z') });
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stage.stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.total).toBe(total);
});

test.for([
  ['pro_rata', 250],
  ['gross', 500],
] as const)('creditNoteShare %s: half of the line was paid by credits', async ([creditNoteShare, total]) => {
  await using stage = await openStage({ switches: { creditNoteShare } });
  const plan = await subscribe(stage);
  await grant(stage, plan, 500);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stage.stripe.invoices.list({ customer: plan.customer })).data;
  const line = invoice?.lines.data.find(({ pricing }) => pricing?.price_details?.price === plan.usage);
  const lines = [{ type: 'invoice_line_item' as const, invoice_line_item: line?.id ?? '', amount: 500 }];
  expect((await stage.stripe.creditNotes.preview({ invoice: invoice?.id ?? '', lines })).total).toBe(total);
});

test.for([
  ['kept', [-9500, 8000]],
  ['returned', [-9500, 9500]],
] as const)('disputeFeeWhenWon %s', async ([disputeFeeWhenWon, nets]) => {
  await using stage = await openStage({ switches: { disputeFeeWhenWon } });
  const { simulator, stripe } = stage;
  await simulator.advanceTo(new Date('2026-04-01T00:00:00Z'));
  const customer = await stripe.customers.create({ payment_method: 'pm_card_createDispute' });
  await stripe.paymentIntents.create({
    amount: 8000,
    currency: 'usd',
    customer: customer.id,
    payment_method: 'pm_card_createDispute',
    confirm: true,
    off_session: true,
  });
  await simulator.advanceTo(new Date('2026-04-01T01:00:00Z'));
  const [dispute] = (await stripe.disputes.list()).data;
  const won = await stripe.disputes.update(dispute?.id ?? '', { evidence: { uncategorized_text: 'winning_evidence' } });
  expect(won.balance_transactions.map(({ net }) => net)).toEqual(nets);
});

test('each uncertain fact has other positions, and a test that names it runs the simulator under each', () => {
  const missing = Object.entries(OTHER_POSITIONS).flatMap(([name, others]) => {
    const likeliest: unknown = Object.entries(defaultSwitches()).find(([known]) => known === name)?.[1];
    expect(others).not.toContain(likeliest);
    const positions: readonly unknown[] = others;
    const seen = looked.get(name) ?? new Set();
    // Of numbers any other will do.
    const isMoved = (position: unknown): boolean =>
      typeof position === 'number' ? [...seen].some((one) => one !== likeliest) : seen.has(position);
    const unseen = positions.filter((position) => !isMoved(position));
    return [
      ...unseen.map((position) => `${name} at ${String(position)}`),
      ...(lookedAnywhere.get(name)?.has(likeliest) === true ? [] : [`${name} at its likeliest, ${String(likeliest)}`]),
    ];
  });
  expect(missing).toEqual([]);
});

test('a story, or a test of an operation, runs under both positions of each fact that it touches', () => {
  const named = Object.entries(UNDER_BOTH).filter(([, where]) => !where.startsWith('none: '));
  const missing = named.filter(([name, where]) => {
    const text = readFileSync(new URL(`../../${where}`, import.meta.url), 'utf8');
    return !text.includes('EVERYTHING_OTHERWISE') && !text.includes(name);
  });
  expect(missing).toEqual([]);
});
