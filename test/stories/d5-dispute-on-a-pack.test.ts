import { describe, expect, test } from 'vitest';

import { atTheBank, moneyOf } from '../support/bank.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, type Subscriber, tellStory } from '../support/story.ts';

const packs = (plan: string, lostDispute: 'write_off' | 'debt') => ({
  ...hybrid,
  plan,
  baseAmountMinor: 0,
  includedCredits: '0',
  pricePerCredit: '0.008',
  policy: {
    ...samplePolicy,
    zeroBalance: 'block' as const,
    reversals: { ...samplePolicy.reversals, lostDispute },
  },
});
const catalogue = { ...sampleCatalogue, plans: [packs('packs', 'write_off'), packs('owing', 'debt')] };

/** A clock only goes forward: each outcome has its own April. */
async function told(disputeFeeWhenWon: 'kept' | 'returned' = 'kept'): Promise<Story> {
  const { database } = await cloneDatabase();
  return tellStory(database, { catalogue, switches: { disputeFeeWhenWon } });
}
const [lostStory, owedStory] = [await told(), await told()];
const [keptStory, returnedStory] = [await told('kept'), await told('returned')];

/** A pack of 10 000 for $80.00 of which 9 000 are spent, and the customer's bank takes the $80.00 back on 12 April. */
async function disputed(story: Story, plan: string): Promise<{ customer: Subscriber; dispute: string }> {
  const customer = await story.subscriber(plan);
  const invoice = await customer.buyPack();
  await story.until('2026-04-10T12:00:00Z');
  expect(await customer.use(9_000)).toMatchObject({ balance: '1000' });
  await story.until('2026-04-12T12:00:00Z');
  const dispute = await atTheBank(story, '/disputes', { invoice });
  expect(await customer.balance()).toMatchObject({ available: '0' });
  expect(await moneyOf(story, customer)).toMatchObject({ cash: -1_500n, disputed: 8_000n, dispute_fees: 1_500n });
  const { body } = await story.call('POST', '/v1/check', {
    customer: customer.stripeCustomer,
    action: 'api.call',
    quantities: { calls: 1 },
  });
  expect(body).toMatchObject({ allowed: false });
  return { customer, dispute };
}

const nothingLeft = {
  invoice: '0',
  credits_applied: '72',
  lots: '0',
  deferred: '0',
  receivable: '0',
  open_grants: '0',
};

describe('D5 A dispute on a pack of 10 000 for $80.00, 9 000 of it spent', () => {
  test('lost: the last 1 000 end, $72.00 are written off', { timeout: 120_000 }, async () => {
    const { customer, dispute } = await disputed(lostStory, 'packs');
    await lostStory.until('2026-04-20T12:00:00Z');
    await atTheBank(lostStory, `/disputes/${dispute}/close`, { status: 'lost' });
    expect(await customer.balance()).toMatchObject({ available: '0', debt: '0' });
    await lostStory.until('2026-05-02T00:00:00Z');
    await expectBooks(lostStory, customer, { ...nothingLeft, cash: '-15', variances: 0 });
    expect(await moneyOf(lostStory, customer)).toEqual({
      cash: -1_500n,
      'revenue.credits': -7_200n,
      dispute_losses: 7_200n,
      dispute_fees: 1_500n,
    });
  });

  test(
    'lost, and the plan wants it back: 9 000 are owed, and the next pack pays them',
    { timeout: 120_000 },
    async () => {
      const { customer, dispute } = await disputed(owedStory, 'owing');
      await atTheBank(owedStory, `/disputes/${dispute}/close`, { status: 'lost' });
      expect(await customer.balance()).toMatchObject({ available: '0', debt: '9000' });
      await owedStory.until('2026-04-20T12:00:00Z');
      await customer.buyPack();
      expect(await customer.balance()).toMatchObject({ available: '1000', debt: '0' });
      await owedStory.until('2026-05-02T00:00:00Z');
      // Stripe metered 9 000 when they were used, and never again.
      const left = { lots: '1000', deferred: '8', open_grants: '8', cash: '65' };
      await expectBooks(owedStory, customer, { ...nothingLeft, ...left, variances: 0 });
      expect(await moneyOf(owedStory, customer)).toEqual({
        cash: 6_500n,
        'deferred.credits': -800n,
        'revenue.credits': -14_400n,
        dispute_losses: 7_200n,
        dispute_fees: 1_500n,
      });
    },
  );

  test.for([
    ['only the fee is gone', keptStory, '65', 1_500n],
    ['the fee comes back with the money', returnedStory, '80', 0n],
  ] as const)('won: they are released, and %s', { timeout: 120_000 }, async ([, wonStory, cash, fees]) => {
    const { customer, dispute } = await disputed(wonStory, 'packs');
    await wonStory.until('2026-04-20T12:00:00Z');
    await atTheBank(wonStory, `/disputes/${dispute}/close`, { status: 'won' });
    expect(await customer.balance()).toMatchObject({ available: '1000' });
    await wonStory.until('2026-05-02T00:00:00Z');
    const left = { lots: '1000', deferred: '8', open_grants: '8', cash };
    await expectBooks(wonStory, customer, { ...nothingLeft, ...left, variances: 0 });
    expect(await moneyOf(wonStory, customer)).toEqual({
      cash: 6_500n + 1_500n - fees,
      'deferred.credits': -800n,
      'revenue.credits': -7_200n,
      ...(fees > 0n && { dispute_fees: fees }),
    });
  });
});
