import { test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

test(
  'B14 May begins before April is final: 50 calls at 00:20 stay paid and stay May’s',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_500);
    await story.until('2026-05-01T00:20:00Z');
    await customer.use(50);
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '9950',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '223',
      // 9 950 that are left and 50 that May's invoice will take.
      open_grants: '100',
      variances: 0,
    });
    await story.until('2026-05-20T12:00:00Z');
    await customer.use(12_450);
    await story.until('2026-06-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // One of June's 30 days is earned: 99.00 − 3.30.
      deferred: '95.7',
      receivable: '0',
      cash: '347',
      open_grants: '100',
      variances: 0,
    });
  },
);
