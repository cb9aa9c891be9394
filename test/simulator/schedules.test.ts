import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, openStage, seconds, subscribe, use, type Plan, type Stage } from './support.ts';

async function dearer({ stripe }: Stage, plan: Plan): Promise<{ base: string; usage: string }> {
  const product_data = { name: 'Dearer' };
  const base = await stripe.prices.create({
    product_data,
    currency: 'usd',
    unit_amount: 19_900,
    recurring: { interval: 'month' },
  });
  const usage = await stripe.prices.create({
    product_data,
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.002'),
    recurring: { interval: 'month', usage_type: 'metered', meter: plan.meter },
  });
  return { base: base.id, usage: usage.id };
}

test('a phase that begins with a period bills what was used at the old price and the fee at the new one', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const next = await dearer(stage, plan);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: plan.subscription });
  expect([schedule.status, schedule.phases.length]).toEqual(['active', 1]);
  await stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: 'release',
    phases: [
      {
        items: [{ price: plan.base, quantity: 1 }, { price: plan.usage }],
        start_date: schedule.phases[0]?.start_date ?? 0,
        end_date: schedule.phases[0]?.end_date ?? 0,
      },
      {
        items: [{ price: next.base, quantity: 1 }, { price: next.usage }],
        duration: { interval: 'month', interval_count: 1 },
      },
    ],
  });
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [may] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(may?.lines.data.map(({ amount }) => amount).toSorted((a, b) => a - b)).toEqual([1000, 19_900]);
  await use(stage, plan, 1_000_000, '2026-05-01T01:00:00Z');
  await advance(stage, plan.clock, '2026-06-01T02:00:00Z');
  const [june] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(june?.total).toBe(19_900 + 2000);
  expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
    status: 'released',
    released_subscription: plan.subscription,
  });
});

test('a price that changes inside a period leaves prorations and bills usage so far', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const next = await dearer(stage, plan);
  const { items } = await stripe.subscriptions.retrieve(plan.subscription);
  const [base, usage] = items.data;
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.update(plan.subscription, {
    items: [
      { id: base?.id ?? '', price: next.base },
      { id: usage?.id ?? '', price: next.usage },
    ],
  });
  await use(stage, plan, 1_000_000, '2026-04-16T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [may] = (await stripe.invoices.list({ customer: plan.customer })).data;
  // Half of 99.00 back, half of 199.00 on top, usage before at the old price and after it at the new one.
  expect(may?.lines.data.map(({ amount }) => amount)).toEqual([1000, 9950, -4950, 2000, 19_900]);
});

test('a schedule that starts later makes its subscription then', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const schedule = await stripe.subscriptionSchedules.create({
    customer: plan.customer,
    start_date: seconds('2026-04-10T00:00:00Z'),
    end_behavior: 'cancel',
    phases: [{ items: [{ price: plan.base, quantity: 2 }], duration: { interval: 'month', interval_count: 1 } }],
  });
  expect([schedule.status, schedule.subscription]).toEqual(['not_started', null]);
  await advance(stage, plan.clock, '2026-04-11T00:00:00Z');
  const started = await stripe.subscriptionSchedules.retrieve(schedule.id, { expand: ['subscription'] });
  expect(started).toMatchObject({
    status: 'active',
    subscription: { status: 'active', items: { data: [{ quantity: 2 }] } },
  });
  await advance(stage, plan.clock, '2026-05-12T00:00:00Z');
  expect(await stripe.subscriptionSchedules.retrieve(schedule.id, { expand: ['subscription'] })).toMatchObject({
    status: 'completed',
    subscription: { status: 'canceled' },
  });
});

test('a trial bills nothing until it ends', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage, { subscription: { trial_period_days: 14 } });
  expect((await stripe.subscriptions.retrieve(plan.subscription)).status).toBe('trialing');
  await use(stage, plan, 5_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-15T02:00:00Z');
  const { data } = await stripe.invoices.list({ customer: plan.customer });
  expect(data.map(({ total, status }) => [total, status])).toEqual([[9900, 'paid']]);
  const { status, items } = await stripe.subscriptions.retrieve(plan.subscription);
  expect([status, items.data[0]?.current_period_end]).toEqual(['active', seconds('2026-05-15T00:00:00Z')]);
});

test.for([
  ['void', 'void'],
  ['mark_uncollectible', 'uncollectible'],
  ['keep_as_draft', 'draft'],
] as const)('with collection paused to %s a renewal ends %s', async ([behavior, status]) => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await stripe.subscriptions.update(plan.subscription, { pause_collection: { behavior } });
  await advance(stage, plan.clock, '2026-05-02T00:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.status).toBe(status);
});
