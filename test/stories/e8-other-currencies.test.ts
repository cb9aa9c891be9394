import { test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const yen = { ...hybrid, plan: 'yen', currency: 'jpy', baseAmountMinor: 15_000, pricePerCredit: '1.5' };
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, unit: { ...sampleCatalogue.unit }, plans: [yen], packs: [] },
});

test(
  'E8 Other currencies: yen have no cents, and half a yen of usage is rounded up',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('yen');
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_501);
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(
      story,
      customer,
      {
        // 15 000 and 18 751.5 rounded up, less 15 000 of credits.
        invoice: '18752',
        credits_applied: '15000',
        lots: '10000',
        // One of May's 31 days is earned, rounded down: 15 000 − 483.
        deferred: '14517',
        receivable: '0',
        cash: '33752',
        open_grants: '15000',
        variances: 0,
      },
      'jpy',
    );
  },
);
