import { expect, test } from 'vitest';

import { advance, openStage, seconds, subscribe, use } from './support.ts';

test('a pause bills usage so far, credits the rest of the fee and renews nothing; resumed, a period begins', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  const paused = await stripe.subscriptions.pause(plan.subscription, { invoicing_behavior: 'invoice' });
  expect(paused).toMatchObject({
    status: 'paused',
    status_details: { paused: { transitioned_at: seconds('2026-04-16T00:00:00Z') } },
  });
  const [last] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(last?.lines.data.map(({ amount }) => amount)).toEqual([-4950, 1000]);
  await advance(stage, plan.clock, '2026-06-10T00:00:00Z');
  expect((await stripe.invoices.list({ customer: plan.customer })).data).toHaveLength(2);
  const resumed = await stripe.subscriptions.resume(plan.subscription);
  expect(resumed.status).toBe('active');
  expect(resumed.status_details).toBeUndefined();
  expect(resumed.items.data.map((item) => [item.current_period_start, item.current_period_end])).toEqual([
    [seconds('2026-06-10T00:00:00Z'), seconds('2026-07-10T00:00:00Z')],
    [seconds('2026-06-10T00:00:00Z'), seconds('2026-07-10T00:00:00Z')],
  ]);
  const [fee] = (await stripe.invoices.list({ customer: plan.customer })).data;
  // $39.50 too much in April came off the customer's balance.
  expect(fee).toMatchObject({ total: 9900, amount_due: 5950, status: 'paid' });
  const { data } = await stripe.events.list({
    types: ['customer.subscription.paused', 'customer.subscription.resumed'],
  });
  expect(data.map(({ type }) => type)).toEqual(['customer.subscription.resumed', 'customer.subscription.paused']);
});

test.for([
  ['none', 'now', -4950],
  ['now', 'none', 1000],
] as const)('billing for usage through %s and unused time from %s', async ([through, from, amount]) => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.pause(plan.subscription, {
    bill_for: { outstanding_usage_through: { type: through }, unused_time_from: { type: from } },
  });
  const { data } = await stripe.invoiceItems.list({ customer: plan.customer, pending: true });
  expect(data.map((item) => item.amount)).toEqual([amount]);
});

test('only a paused subscription resumes, and a schedule keeps one from pausing', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await expect(stripe.subscriptions.resume(plan.subscription)).rejects.toThrow('Only a paused subscription');
  await stripe.subscriptionSchedules.create({ from_subscription: plan.subscription });
  await expect(stripe.subscriptions.pause(plan.subscription)).rejects.toThrow('schedule');
});

test('a trial that is ended now is invoiced and paid in the same request', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage, { subscription: { trial_period_days: 14 } });
  await advance(stage, plan.clock, '2026-04-05T00:00:00Z');
  const ended = await stripe.subscriptions.update(plan.subscription, { trial_end: 'now' });
  expect([ended.status, ended.billing_cycle_anchor]).toEqual(['active', seconds('2026-04-05T00:00:00Z')]);
  const { data } = await stripe.invoices.list({ customer: plan.customer });
  expect(data.map(({ total, status }) => [total, status])).toEqual([[9900, 'paid']]);
});
