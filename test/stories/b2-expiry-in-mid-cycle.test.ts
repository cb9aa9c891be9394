import { expect, test } from 'vitest';

import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const metered = {
  ...hybrid,
  plan: 'metered',
  baseAmountMinor: 0,
  includedCredits: '0',
  policy: { ...samplePolicy, purchasedExpiryDays: 14 },
};
const pack = {
  ...pack10k,
  pack: 'fortnight',
  name: '1 000 credits for a fortnight',
  credits: '1000',
  amountMinor: 1_000,
  expiresAfterDays: 14,
};
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [metered], packs: [pack] } });

test(
  'B2 Expiry in mid-cycle: 600 drawn before it are $6.00 of credits, 900 after it are $9.00',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('metered');
    await customer.buyPack('fortnight');
    await story.until('2026-04-10T12:00:00Z');
    expect(await customer.use(600)).toMatchObject({ balance: '400' });
    await story.until('2026-04-15T00:00:00Z');
    expect(await customer.balance()).toMatchObject({ available: '0', overage: '0' });
    await story.until('2026-04-16T12:00:00Z');
    expect(await customer.use(900)).toMatchObject({ status: 'applied', balance: '0' });

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '9',
      credits_applied: '6',
      lots: '0',
      // 600 were used and 400 are breakage.
      deferred: '0',
      receivable: '0',
      cash: '19',
      open_grants: '0',
      variances: 0,
    });
  },
);
