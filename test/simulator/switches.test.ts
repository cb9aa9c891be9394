import { expect, test } from 'vitest';

import { advance, grant, openListener, openStage, seconds, subscribe, use } from './support.ts';

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

test('writesWhileAdvancing refused: who reacts at once has to come again', async () => {
  await using stage = await openStage({ switches: { writesWhileAdvancing: 'refused', webhookRetryMs: 20 } });
  await using listener = await openListener();
  const { stripe } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['invoice.created'] });
  const plan = await subscribe(stage);
  await stripe.testHelpers.testClocks.advance(plan.clock, { frozen_time: seconds('2026-05-10T00:00:00Z') });
  await expect(stripe.customers.update(plan.customer, { name: 'Bea' })).rejects.toMatchObject({ code: 'lock_timeout' });
  await stage.simulator.settled();
  expect((await stripe.customers.update(plan.customer, { name: 'Bea' })).name).toBe('Bea');
});
