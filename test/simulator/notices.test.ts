// What Stripe says ahead of time, or when somebody has to act.
import type { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, idOf, openStage, seconds, type Stage, subscribe } from './support.ts';

/** When each event of a type came, by the test clock. */
async function told({ stripe }: Stage, type: string): Promise<string[]> {
  const { data } = await stripe.events.list({ type, limit: 100 });
  return data.map(({ created }) => new Date(created * 1000).toISOString()).toReversed();
}

const BY_CLOCK = { switches: { eventStamps: 'test_clock' } } as const;

test('a trial that ends is told three days before; one that is shorter, cut short or ended, at once', async () => {
  await using stage = await openStage(BY_CLOCK);
  const { stripe } = stage;
  const plan = await subscribe(stage, { subscription: { trial_period_days: 14 } });
  await advance(stage, plan.clock, '2026-04-11T23:59:00Z');
  expect(await told(stage, 'customer.subscription.trial_will_end')).toEqual([]);
  await advance(stage, plan.clock, '2026-04-20T00:00:00Z');
  const atOnce = { customer: plan.customer, items: [{ price: plan.base }], trial_period_days: 2 };
  await stripe.subscriptions.create(atOnce);
  const long = await stripe.subscriptions.create({ ...atOnce, trial_period_days: 30 });
  await stripe.subscriptions.update(long.id, { trial_end: seconds('2026-04-22T00:00:00Z') });
  await stripe.subscriptions.update(long.id, { trial_end: 'now' });
  expect(await told(stage, 'customer.subscription.trial_will_end')).toEqual([
    '2026-04-12T00:00:00.000Z',
    ...Array.from({ length: 3 }, () => '2026-04-20T00:00:00.000Z'),
  ]);
});

test('an invoice that will be due is told as many days before as the account says, and not once it is paid', async () => {
  await using stage = await openStage({ switches: { eventStamps: 'test_clock', willBeDueDays: 3 } });
  const { stripe } = stage;
  const plan = await subscribe(stage, { subscription: { collection_method: 'send_invoice', days_until_due: 10 } });
  await advance(stage, plan.clock, '2026-04-01T02:00:00Z');
  const [first] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(first?.due_date).toBe(seconds('2026-04-11T01:00:00Z'));
  const draft = await stripe.invoices.create({
    customer: plan.customer,
    currency: 'usd',
    collection_method: 'send_invoice',
    days_until_due: 10,
  });
  await stripe.invoiceItems.create({ customer: plan.customer, invoice: draft.id, amount: 500, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(draft.id);
  await stripe.invoices.pay(draft.id, { paid_out_of_band: true });
  await advance(stage, plan.clock, '2026-04-12T00:00:00Z');
  expect(await told(stage, 'invoice.will_be_due')).toEqual(['2026-04-08T01:00:00.000Z']);
  expect(await told(stage, 'invoice.overdue')).toEqual(['2026-04-11T01:00:00.000Z']);
});

test('a card that has to be authenticated leaves the invoice open until its holder acts', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const customer = await stripe.customers.create();
  const draft = await stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 500, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(draft.id);
  const asked = stripe.invoices.pay(draft.id, { payment_method: 'pm_card_authenticationRequired' });
  await expect(asked).rejects.toMatchObject({ statusCode: 402, code: 'invoice_payment_intent_requires_action' });
  const types = ['invoice.payment_failed', 'invoice.payment_action_required', 'payment_intent.requires_action'];
  const events = await stripe.events.list({ types });
  expect(events.data.map(({ type }) => type)).toEqual([
    'invoice.payment_action_required',
    'invoice.payment_failed',
    'payment_intent.requires_action',
  ]);
  expect((await stripe.charges.list({ customer: customer.id })).data).toEqual([]);
  const [payment] = (await stripe.invoicePayments.list({ invoice: draft.id })).data;
  const intent = await stripe.paymentIntents.retrieve(idOf(payment?.payment.payment_intent));
  expect([intent.status, intent.next_action?.type]).toEqual(['requires_action', 'use_stripe_sdk']);
  expect((await stripe.invoices.pay(draft.id, { payment_method: 'pm_card_visa' })).status).toBe('paid');
  expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status: 'succeeded', next_action: null });
});

test('a draft fails to be finalized as often as asked: it stays a draft, and somebody has to try again', async () => {
  await using stage = await openStage(BY_CLOCK);
  const { stripe, simulator } = stage;
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-05-01T00:00:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer, status: 'draft' })).data;
  const id = draft?.id ?? '';
  const fail = async (times: number): Promise<number> =>
    (
      await fetch(`${simulator.url}/_simulator/invoices/${id}/fail_finalization`, {
        method: 'POST',
        body: JSON.stringify({ times }),
      })
    ).status;
  expect(await fail(2)).toBe(200);
  await advance(stage, plan.clock, '2026-05-02T00:00:00Z');
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    status: 'draft',
    automatically_finalizes_at: null,
    last_finalization_error: { code: 'customer_tax_location_invalid' },
  });
  expect((await stripe.subscriptions.retrieve(plan.subscription)).status).toBe('active');
  await expect(stripe.invoices.finalizeInvoice(id)).rejects.toMatchObject({ code: 'customer_tax_location_invalid' });
  expect(await told(stage, 'invoice.finalization_failed')).toEqual([
    '2026-05-01T01:00:00.000Z',
    '2026-05-02T00:00:00.000Z',
  ]);
  const final = await stripe.invoices.finalizeInvoice(id);
  expect([final.status, final.total, final.last_finalization_error]).toEqual(['paid', 9900, null]);
  expect(await fail(1)).toBe(400);
});

test('entitlements that change are told: by a subscription, its end, and a feature of its product', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const feature = async (key: string): Promise<string> =>
    (await stripe.entitlements.features.create({ lookup_key: key, name: key })).id;
  const [exports, seats] = [await feature('exports'), await feature('seats')];
  const plan = await subscribe(stage);
  const product = idOf((await stripe.prices.retrieve(plan.base)).product);
  const attached = await stripe.products.createFeature(product, { entitlement_feature: exports });
  await stripe.subscriptions.update(plan.subscription, { metadata: { a: 'b' } });
  await stripe.products.createFeature(product, { entitlement_feature: seats });
  await stripe.products.deleteFeature(product, attached.id);
  await stripe.subscriptions.cancel(plan.subscription);
  const { data } = await stripe.events.list({ type: 'entitlements.active_entitlement_summary.updated' });
  const summaries = data.toReversed().map((event) => event.data.object as Stripe.Entitlements.ActiveEntitlementSummary);
  expect(summaries.map(({ entitlements }) => entitlements.data.map(({ lookup_key: key }) => key))).toEqual([
    ['exports'],
    ['exports', 'seats'],
    ['seats'],
    [],
  ]);
  expect(summaries.every(({ customer }) => customer === plan.customer)).toBe(true);
});

test('a schedule that expires is told seven days before', async () => {
  await using stage = await openStage(BY_CLOCK);
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: plan.subscription });
  const phases = [
    {
      items: [{ price: plan.base }],
      start_date: seconds('2026-04-01T00:00:00Z'),
      end_date: seconds('2026-06-01T00:00:00Z'),
    },
  ];
  await stripe.subscriptionSchedules.update(schedule.id, { phases });
  await advance(stage, plan.clock, '2026-05-30T00:00:00Z');
  expect(await told(stage, 'subscription_schedule.expiring')).toEqual(['2026-05-25T00:00:00.000Z']);
});
