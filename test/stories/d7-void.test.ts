import { describe, expect, test } from 'vitest';

import { moneyOf } from '../support/bank.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, type Story, type Subscriber, tellStory } from '../support/story.ts';

const returning = {
  ...hybrid,
  plan: 'returning',
  policy: { ...samplePolicy, reversals: { ...samplePolicy.reversals, voidedInvoice: 'return_credits' as const } },
};
const catalogue = { ...sampleCatalogue, plans: [hybrid, returning] };

async function told(): Promise<Story> {
  const { database } = await cloneDatabase();
  return tellStory(database, { catalogue });
}
const stories = [await told(), await told(), await told()] as const;

/** A1 by send_invoice: 12 500 calls in April, $124.00 open on 2 May; then May's use, and the invoice is voided on 10 May. */
async function voided(story: Story, { plan, used }: { plan: string; used: number }): Promise<Subscriber> {
  const customer = await story.subscriber(plan);
  const { stripe } = story;
  await stripe.subscriptions.update(customer.subscription, { collection_method: 'send_invoice', days_until_due: 30 });
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_500);
  await story.until('2026-05-02T00:00:00Z');
  if (used > 0) await customer.use(used);
  await story.until('2026-05-10T12:00:00Z');
  const invoice = await customer.cycleInvoice();
  expect(invoice).toMatchObject({ status: 'open', total_minor: 12_400 });
  expect(await moneyOf(story, customer)).toMatchObject({ receivable: 12_400n });
  await stripe.invoices.voidInvoice(idOf(invoice));
  await story.clock.settle();
  expect(await customer.cycleInvoice()).toMatchObject({ status: 'void' });
  return customer;
}

const left = { invoice: '124', credits_applied: '100', receivable: '0', deferred: '0', cash: '99', variances: 0 };
/** Only the sign-up's $99.00 stand: base, overage and what was unbilled are reversed. */
const MONEY = { cash: 9_900n, 'revenue.subscription': -9_900n };

describe('D7 A1’s May invoice is voided', () => {
  test('3 000 of May used: what May has drawn stays at Stripe, the rest ends', { timeout: 120_000 }, async () => {
    const [story] = stories;
    const customer = await voided(story, { plan: 'hybrid', used: 3_000 });
    expect(await customer.balance()).toMatchObject({ available: '0' });
    await story.until('2026-05-11T00:00:00Z');
    await expectBooks(story, customer, { ...left, lots: '0', open_grants: '30' });
    expect(await moneyOf(story, customer)).toEqual(MONEY);
  });

  test('nothing of May used: nothing is left at Stripe', { timeout: 120_000 }, async () => {
    const [, story] = stories;
    const customer = await voided(story, { plan: 'hybrid', used: 0 });
    await story.until('2026-05-11T00:00:00Z');
    await expectBooks(story, customer, { ...left, lots: '0', open_grants: '0' });
    expect(await moneyOf(story, customer)).toEqual(MONEY);
  });

  test('with return_credits April’s use is undone too', { timeout: 120_000 }, async () => {
    const [, , story] = stories;
    const customer = await voided(story, { plan: 'returning', used: 3_000 });
    // The 10 000 that April’s lot paid; its overage was money, and the void took that back.
    expect(await customer.balance()).toMatchObject({ available: '10000' });
    await story.until('2026-05-11T00:00:00Z');
    await expectBooks(story, customer, { ...left, lots: '10000', open_grants: '130' });
    expect(await moneyOf(story, customer)).toEqual(MONEY);
  });
});
