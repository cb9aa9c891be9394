import { test } from 'vitest';

import { pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const pack = { ...pack10k, pack: 'pack-1k', name: '1 000 credits', credits: '1000', amountMinor: 1_000 };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, packs: [pack] } });

test(
  'B4 Top-up in the draft window: April’s $3.00 stays billed, the pack pays from May on',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(10_300);
    await story.until('2026-05-01T00:20:00Z');
    await customer.buyPack('pack-1k');
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '102',
      credits_applied: '100',
      lots: '11000',
      // One of May's 31 days is earned, nothing of the pack: 99.00 − 3.19 + 10.00.
      deferred: '105.81',
      receivable: '0',
      cash: '211',
      open_grants: '110',
      variances: 0,
    });

    await story.until('2026-05-20T12:00:00Z');
    await customer.use(10_500);
    await story.until('2026-06-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '105',
      lots: '10500',
      // One of June's 30 days is earned, and half of the pack: 99.00 − 3.30 + 5.00.
      deferred: '100.7',
      receivable: '0',
      cash: '310',
      open_grants: '105',
      variances: 0,
    });
  },
);
