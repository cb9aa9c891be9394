import { expect, test } from 'vitest';

import { hybrid, pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const bare = { ...hybrid, plan: 'bare', includedCredits: '0' };
const pack = { ...pack10k, pack: 'pack-100', name: '100 credits', credits: '100', amountMinor: 100 };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [bare], packs: [pack] } });

test(
  'B15 A pack that April and May both want: May drew it first, so April owes $1.00 more',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('bare');
    await story.until('2026-04-20T12:00:00Z');
    await customer.buyPack('pack-100');
    await story.until('2026-05-01T00:10:00Z');
    expect(await customer.use(100)).toMatchObject({ balance: '0' });
    await story.until('2026-05-01T00:30:00Z');
    expect(await customer.use(100, { at: '2026-04-30T23:58:00Z' })).toMatchObject({ status: 'applied', balance: '0' });

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      // Stripe lets the pack pay April, and an item of $1.00 takes that back.
      invoice: '100',
      credits_applied: '1',
      lots: '0',
      // One of May's 31 days is earned and all of the pack: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '200',
      // What the pack paid in May.
      open_grants: '1',
      variances: 0,
    });
    await story.until('2026-06-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '1',
      lots: '0',
      // One of June's 30 days is earned: 99.00 − 3.30.
      deferred: '95.7',
      receivable: '0',
      cash: '299',
      open_grants: '0',
      variances: 0,
    });
  },
);
