import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, idOf, openStage, seconds, subscribe, type Stage } from './support.ts';

/** What `quantity` of a licensed price comes to on a first invoice. */
async function priced(
  { stripe }: Stage,
  quantity: number,
  price: Partial<Stripe.PriceCreateParams>,
): Promise<number | undefined> {
  const product = await stripe.products.create({ name: 'Seats' });
  const made = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    recurring: { interval: 'month' },
    ...price,
  });
  const customer = await stripe.customers.create({ payment_method: 'pm_card_visa' });
  const { latest_invoice: invoice } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: made.id, quantity }],
    collection_method: 'send_invoice',
    days_until_due: 5,
  });
  return (await stripe.invoices.retrieve(idOf(invoice))).subtotal;
}

const TIERS = [
  { up_to: 10, unit_amount: 100, flat_amount: 500 },
  { up_to: 'inf' as const, unit_amount: 50 },
];

test.for([
  ['25 in packages of 10, rounded up', { unit_amount: 700, transform_quantity: { divide_by: 10, round: 'up' } }, 2100],
  [
    '25 in packages of 10, rounded down',
    { unit_amount: 700, transform_quantity: { divide_by: 10, round: 'down' } },
    1400,
  ],
  ['25 at half a cent: 12.5 is 13', { unit_amount_decimal: Stripe.Decimal.from('0.5') }, 13],
  [
    '25 in graduated tiers: 5.00 + 10 × 1.00 + 15 × 0.50',
    { billing_scheme: 'tiered', tiers_mode: 'graduated', tiers: TIERS },
    2250,
  ],
  ['25 by volume: 25 × 0.50', { billing_scheme: 'tiered', tiers_mode: 'volume', tiers: TIERS }, 1250],
] as const satisfies readonly (readonly [string, Partial<Stripe.PriceCreateParams>, number])[])(
  '%s',
  async ([, price, amount]) => {
    await using stage = await openStage();
    expect(await priced(stage, 25, price)).toBe(amount);
  },
);

test.for([
  ['sum', undefined, 12],
  ['count', undefined, 3],
  ['last', undefined, 5],
  ['sum', 'hour', 9],
] as const)('a meter with %s over %s: 3 and 4 in one hour, then 5', async ([formula, window, expected]) => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const meter = await stripe.billing.meters.create({
    display_name: 'Other',
    event_name: 'other',
    default_aggregation: { formula },
    ...(window !== undefined && { event_time_window: window }),
  });
  await advance(stage, plan.clock, '2026-04-01T03:00:00Z');
  for (const [value, at] of [
    ['3', '00:10'],
    ['4', '00:50'],
    ['5', '02:00'],
  ] as const) {
    await stripe.billing.meterEvents.create({
      event_name: 'other',
      payload: { stripe_customer_id: plan.customer, value },
      timestamp: seconds(`2026-04-01T${at}:00Z`),
    });
  }
  const { data } = await stripe.billing.meters.listEventSummaries(meter.id, {
    customer: plan.customer,
    start_time: seconds('2026-04-01T00:00:00Z'),
    end_time: seconds('2026-04-01T03:00:00Z'),
  });
  expect(data[0]?.aggregated_value).toBe(expected);
});

test('a monthly and a yearly item in one subscription each keep their own period', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const { product } = await stripe.prices.retrieve(plan.base);
  const yearly = await stripe.prices.create({
    product: idOf(product),
    currency: 'usd',
    unit_amount: 50_000,
    recurring: { interval: 'year' },
  });
  const mixed = await stripe.subscriptions.create({
    customer: plan.customer,
    items: [{ price: plan.base }, { price: yearly.id }],
    billing_mode: { type: 'flexible' },
  });
  const days = mixed.items.data.map((item) => (item.current_period_end - item.current_period_start) / 86_400);
  expect(days).toEqual([30, 365]);
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const { data } = await stripe.invoices.list({ subscription: mixed.id });
  expect(data.map(({ total }) => total)).toEqual([9900, 59_900]);
});

test('classic mode is refused by name, since what it bills otherwise is not simulated', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  const wanted = { customer: plan.customer, items: [{ price: plan.base }] };
  await expect(
    stage.stripe.subscriptions.create({ ...wanted, billing_mode: { type: 'classic' } }),
  ).rejects.toMatchObject({ code: 'simulator_unsupported', param: 'billing_mode[type]' });
});
