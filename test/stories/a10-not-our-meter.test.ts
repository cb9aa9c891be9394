import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

test('A10 Not our meter: credits leave the host’s own storage meter alone', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber();
  const { stripe } = story;
  const meter = await stripe.billing.meters.create({
    display_name: 'Storage',
    event_name: 'storage_gb',
    default_aggregation: { formula: 'sum' },
  });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 10,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    product_data: { name: 'Storage' },
  });
  await stripe.subscriptionItems.create({ subscription: customer.subscription, price: price.id });
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(8_000);
  await stripe.billing.meterEvents.create({
    event_name: 'storage_gb',
    payload: { stripe_customer_id: customer.stripeCustomer, value: '300' },
    timestamp: Date.parse('2026-04-20T12:00:00Z') / 1000,
  });

  await story.until('2026-05-02T00:00:00Z');
  const lines = (await customer.cycleInvoice())['lines'] as unknown as readonly {
    kind: string;
    amount_minor: number;
    credits_applied_minor: number;
  }[];
  expect(
    lines.map((line) => `${line.kind} ${line.amount_minor} less ${line.credits_applied_minor}`).toSorted(),
  ).toEqual(['base 9900 less 0', 'other 3000 less 0', 'usage 8000 less 8000']);
  await expectBooks(story, customer, {
    invoice: '129',
    credits_applied: '80',
    lots: '10000',
    // One of May's 31 days is earned: 99.00 − 3.19.
    deferred: '95.81',
    receivable: '0',
    cash: '228',
    open_grants: '100',
    variances: 0,
  });
});
