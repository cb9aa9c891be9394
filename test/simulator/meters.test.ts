import { expect, test } from 'vitest';

import { advance, openStage, seconds, subscribe, use, type Plan, type Stage } from './support.ts';

async function summed({ stripe }: Stage, plan: Plan, start: string, end: string): Promise<number | undefined> {
  const { data } = await stripe.billing.meters.listEventSummaries(plan.meter, {
    customer: plan.customer,
    start_time: seconds(start),
    end_time: seconds(end),
  });
  return data[0]?.aggregated_value;
}

const APRIL = ['2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'] as const;

test('an identifier counts once within a day', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  await use(stage, plan, 5, '2026-04-01T00:00:00Z', 'a');
  await expect(use(stage, plan, 5, '2026-04-01T00:00:00Z', 'a')).rejects.toThrow(
    'An event already exists with identifier a.',
  );
  expect(await summed(stage, plan, ...APRIL)).toBe(5);
  await advance(stage, plan.clock, '2026-04-02T00:00:01Z');
  await use(stage, plan, 5, '2026-04-01T00:00:00Z', 'a');
  expect(await summed(stage, plan, ...APRIL)).toBe(10);
});

test('a swallowed event is accepted and not counted, and its identifier stays taken', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  stage.simulator.faults.swallowMeterEvents(1);
  await use(stage, plan, 5, '2026-04-01T00:00:00Z', 'a');
  await expect(use(stage, plan, 5, '2026-04-01T00:00:00Z', 'a')).rejects.toThrow(/already exists/);
  expect(await summed(stage, plan, ...APRIL)).toBeUndefined();
  await use(stage, plan, 5, '2026-04-01T00:00:00Z', 'a/r1');
  expect(await summed(stage, plan, ...APRIL)).toBe(5);
});

test('values: negative and decimal ones count, too many digits and words are refused', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  await use(stage, plan, '10.5', '2026-04-01T00:00:00Z');
  await use(stage, plan, -3, '2026-04-01T00:00:00Z');
  expect(await summed(stage, plan, ...APRIL)).toBe(7.5);
  await expect(use(stage, plan, '1234567890123456', '2026-04-01T00:00:00Z')).rejects.toThrow(/15 significant digits/);
  await expect(use(stage, plan, 'many', '2026-04-01T00:00:00Z')).rejects.toThrow(/not a valid number/);
});

test('stamps are bounded by the clock of the customer', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  await use(stage, plan, 1, '2026-04-01T00:05:00Z');
  await expect(use(stage, plan, 1, '2026-04-01T00:05:01Z')).rejects.toThrow(/5 minutes in the future/);
  await expect(use(stage, plan, 1, '2026-02-24T23:59:59Z')).rejects.toThrow(/35 calendar days/);
});

test('summaries want whole minutes, exclude their end and group by UTC windows', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-04-03T00:00:00Z');
  for (const at of ['2026-04-01T10:00:00Z', '2026-04-02T00:00:00Z', '2026-04-02T10:00:00Z'])
    await use(stage, plan, 1, at);
  expect(await summed(stage, plan, '2026-04-01T00:00:00Z', '2026-04-02T00:00:00Z')).toBe(1);
  await expect(summed(stage, plan, '2026-04-01T00:00:30Z', '2026-04-02T00:00:00Z')).rejects.toThrow(
    /minute boundaries/,
  );
  const days = await stripe.billing.meters.listEventSummaries(plan.meter, {
    customer: plan.customer,
    start_time: seconds('2026-04-01T00:00:00Z'),
    end_time: seconds('2026-04-03T00:00:00Z'),
    value_grouping_window: 'day',
  });
  expect(days.data.map(({ aggregated_value: value }) => value)).toEqual([2, 1]);
});

test('a cancelled event no longer counts; after a day it cannot be cancelled', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await use(stage, plan, 5, '2026-04-01T00:00:00Z', 'a');
  await use(stage, plan, 7, '2026-04-01T00:00:00Z', 'b');
  const adjustment = await stripe.billing.meterEventAdjustments.create({
    event_name: 'credits',
    type: 'cancel',
    cancel: { identifier: 'a' },
  });
  expect(adjustment.status).toBe('pending');
  expect(await summed(stage, plan, ...APRIL)).toBe(7);
  await advance(stage, plan.clock, '2026-04-02T00:00:00Z');
  await expect(
    stripe.billing.meterEventAdjustments.create({ event_name: 'credits', type: 'cancel', cancel: { identifier: 'b' } }),
  ).rejects.toThrow(/24 hours/);
});

test("usage stamped in the period counts until finalization, later usage is the next one's", async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-05-01T00:30:00Z');
  await use(stage, plan, 1_000_000, '2026-04-30T23:59:59Z');
  await use(stage, plan, 2_000_000, '2026-05-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  await use(stage, plan, 500_000, '2026-04-30T23:59:59Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.total).toBe(9900 + 1000);
  await advance(stage, plan.clock, '2026-06-01T02:00:00Z');
  const [june] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(june?.total).toBe(9900 + 2000);
});

test('an event name belongs to one meter', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const again = { display_name: 'Again', event_name: 'credits', default_aggregation: { formula: 'sum' } } as const;
  await expect(stripe.billing.meters.create(again)).rejects.toThrow(/already a meter/);
  await stripe.billing.meters.deactivate(plan.meter);
  await expect(use(stage, plan, 1, '2026-04-01T00:00:00Z')).rejects.toThrow(/archived/);
});
