import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const repaired = await tellStory(database);
const other = await cloneDatabase();
const silent = await tellStory(other.database);

/** A1, whose last 500 calls are reported in the last hours of April and never counted. */
async function lastHoursOfApril(story: Story, swallowed: number) {
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_000);
  await story.until('2026-04-30T20:30:00Z');
  story.simulator.faults.swallowMeterEvents(swallowed);
  await customer.use(500);
  return customer;
}

test(
  'E6 Gate: a swallowed meter event is sent again, and the invoice goes out at $124.00',
  { timeout: 120_000 },
  async () => {
    const customer = await lastHoursOfApril(repaired, 1);
    await repaired.until('2026-05-02T00:00:00Z');
    await expectBooks(repaired, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '223',
      open_grants: '100',
      variances: 0,
    });
  },
);

test('E6 Gate: when Stripe is silent until the deadline, nobody is overcharged', { timeout: 120_000 }, async () => {
  const customer = await lastHoursOfApril(silent, 1_000);
  await silent.until('2026-05-02T20:00:00Z');
  const [draft] = (await silent.stripe.invoices.list({ customer: customer.stripeCustomer, status: 'draft' })).data;
  expect(draft).toMatchObject({ billing_reason: 'subscription_cycle' });
  await silent.until('2026-05-04T00:00:00Z');
  expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 11_900 });
  await expectBooks(silent, customer, {
    // Stripe counts 12 000: 99.00 and 120.00, less 100.00 of credits.
    invoice: '119',
    credits_applied: '100',
    lots: '10000',
    // Three of May's 31 days are earned: 99.00 − 9.58.
    deferred: '89.42',
    receivable: '0',
    cash: '218',
    open_grants: '100',
    // Usage that Stripe does not count, the quantity of the line, and the $5.00 that it asks too little.
    variances: 3,
  });
});
