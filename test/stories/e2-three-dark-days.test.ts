import { expect, test } from 'vitest';

import { fillEventGap } from '../../src/operations/fill-event-gap.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory, type Story } from '../support/story.ts';

const books = {
  invoice: '124',
  credits_applied: '100',
  lots: '10000',
  // Two of May's 31 days are earned: 99.00 − 6.38.
  deferred: '92.62',
  receivable: '0',
  cash: '223',
  open_grants: '100',
  variances: 0,
};
const { database } = await cloneDatabase();
const lateStory = await tellStory(database);
const other = await cloneDatabase();
const filledStory = await tellStory(other.database);

/** Three days without a webhook; the service itself works on. */
async function darkDays(story: Story) {
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_500);
  await story.until('2026-04-30T00:00:00Z');
  story.simulator.faults.webhooks = { drop: true };
  await story.until('2026-05-01T02:00:00Z');
  const invoices = await story.stripe.invoices.list({ customer: customer.stripeCustomer });
  const cycle = invoices.data.find(({ billing_reason: reason }) => reason === 'subscription_cycle');
  // Without an acknowledgement Stripe would have waited for three days: we found the draft by polling.
  expect(cycle).toMatchObject({ status: 'paid', total: 12_400 });
  await story.until('2026-05-03T00:00:00Z');
  return customer;
}

test(
  'E2 Three dark days: late, shuffled and doubled webhooks end in the same books',
  { timeout: 120_000 },
  async () => {
    const customer = await darkDays(lateStory);
    lateStory.simulator.faults.webhooks = { shuffle: true, duplicate: true };
    await lateStory.simulator.retryWebhooks();
    await expectBooks(lateStory, customer, books);
  },
);

test('E2 Three dark days: the gap filler ends in the same books before any webhook', { timeout: 120_000 }, async () => {
  const customer = await darkDays(filledStory);
  const { found } = await fillEventGap(filledStory.billing.deps);
  expect(found).toBeGreaterThan(0);
  await expectBooks(filledStory, customer, books);
  filledStory.simulator.faults.webhooks = { shuffle: true };
  await filledStory.simulator.retryWebhooks();
  await expectBooks(filledStory, customer, books);
});
