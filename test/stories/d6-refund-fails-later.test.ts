import { expect, test } from 'vitest';

import { atTheBank, moneyOf } from '../support/bank.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const costPlus = {
  ...hybrid,
  plan: 'cost-plus',
  baseAmountMinor: 0,
  includedCredits: '0',
  pricePerCredit: '0.008',
  policy: { ...samplePolicy, zeroBalance: 'block' as const },
};
const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [costPlus] } });

test('D6 A3’s refund of $30.40 fails later: it is owed to the customer, and listed', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber('cost-plus');
  const invoice = await customer.buyPack();
  await story.until('2026-04-10T12:00:00Z');
  await customer.use(6_200);
  await story.until('2026-04-20T12:00:00Z');
  const asked = { invoice, amount_minor: 3_040, settle_as: 'refund', reason: 'order_change', ticket: 'SUP-3' };
  const { body: issued } = await story.call('POST', '/v1/credit_notes', asked, 'rest-1');
  expect(issued).toMatchObject({ state: 'issued', amount_minor: 3_040, settled_as: 'refund' });
  await story.clock.settle();
  expect(await moneyOf(story, customer)).toMatchObject({ cash: 4_960n });
  expect(await moneyOf(story, customer)).not.toHaveProperty('refund_clearing');

  const { data } = await story.stripe.refunds.list();
  const [refund] = data;
  await atTheBank(story, `/refunds/${refund?.id}/fail`, { reason: 'lost_or_stolen_card' });
  expect(await moneyOf(story, customer)).toMatchObject({ cash: 8_000n, refund_clearing: -3_040n });
  const { body: clearing } = await story.call('GET', '/v1/clearing');
  expect(clearing['data']).toMatchObject([
    {
      account: 'refund_clearing',
      balance_minor: -3_040,
      stripe_object: refund?.id,
      what: expect.stringContaining('failed') as string,
    },
  ]);
  // The note stays and the credits are gone; only the money came back.
  const { data: notes } = await story.stripe.creditNotes.list({ invoice });
  expect(notes).toMatchObject([{ status: 'issued', total: 3_040 }]);
  expect(await customer.balance()).toMatchObject({ available: '0' });

  await story.until('2026-05-02T00:00:00Z');
  // One variance: a refund that failed is nobody's until a person pays it another way.
  const books = { invoice: '0', credits_applied: '49.6', lots: '0', deferred: '0', receivable: '0', open_grants: '0' };
  await expectBooks(story, customer, { ...books, cash: '80', variances: 1 });
  expect(await moneyOf(story, customer)).toEqual({
    cash: 8_000n,
    'revenue.credits': -4_960n,
    refund_clearing: -3_040n,
  });

  // A wire pays it: the clearing account is at zero, and nothing is left to explain.
  const wire = { customer: customer.stripeCustomer, object: refund?.id, reason: 'wire of 2 May, ref 4711' };
  const { body: settled } = await story.call('POST', '/v1/clearing/settle', wire);
  expect(settled).toMatchObject({ account: 'refund_clearing', balance_minor: -3_040 });
  expect(await story.call('POST', '/v1/clearing/settle', wire)).toMatchObject({ status: 422 });
  await expectBooks(story, customer, { ...books, cash: '80', variances: 0 });
  expect(await moneyOf(story, customer)).toEqual({ cash: 8_000n, 'revenue.credits': -4_960n, bank: -3_040n });
});
