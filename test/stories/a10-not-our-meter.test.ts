import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { expectBooks, tellEach } from '../support/story.ts';

const told = await tellEach({
  'a line for each tier': { graduatedLines: 'per_tier', tierRounding: 'line' },
  'one line, rounded once': { graduatedLines: 'one', tierRounding: 'line' },
  'one line, rounded for each tier': { graduatedLines: 'one', tierRounding: 'tier' },
});
/** 99 GB at 10.5 cents and 201 at 9.5 are 1 039.5 and 1 909.5 cents. */
const STORAGE = [['other 1040 less 0', 'other 1910 less 0'], ['other 2949 less 0'], ['other 2950 less 0']] as const;
const stories = told.map(([lines, story], index) => [lines, story, STORAGE[index] ?? []] as const);

test.for(stories)(
  'A10 Not our meter: credits leave the host’s own storage meter and its tiers alone (%s)',
  { timeout: 120_000 },
  async ([, story, storage]) => {
    const customer = await story.subscriber();
    const { stripe } = story;
    const meter = await stripe.billing.meters.create({
      display_name: 'Storage',
      event_name: 'storage_gb',
      default_aggregation: { formula: 'sum' },
    });
    const price = await stripe.prices.create({
      currency: 'usd',
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 99, unit_amount_decimal: Stripe.Decimal.from('10.5') },
        { up_to: 'inf', unit_amount_decimal: Stripe.Decimal.from('9.5') },
      ],
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
    ).toEqual(['base 9900 less 0', ...storage, 'usage 8000 less 8000']);
    const cents = storage.reduce((sum, line) => sum + Number(line.split(' ')[1]), 9_900);
    await expectBooks(story, customer, {
      invoice: String(cents / 100),
      credits_applied: '80',
      lots: '10000',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: String((cents + 9_900) / 100),
      open_grants: '100',
      variances: 0,
    });
  },
);
