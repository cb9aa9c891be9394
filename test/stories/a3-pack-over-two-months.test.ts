import { expect, test } from 'vitest';

import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { earnedByMonth } from '../support/bank.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

test(
  'A3 A pack of $80.00, a quarter of it used in April and in May: each month keeps its $20.00, whenever May is recognised',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await customer.buyPack();
    for (const month of ['04', '05']) {
      await story.until(`2026-${month}-20T12:00:00Z`);
      await customer.use(12_500);
      await story.until(`2026-${month}-21T02:00:00Z`);
      await recogniseRevenue(story.billing.deps);
    }
    await story.until('2026-06-02T02:00:00Z');
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '125',
      lots: '15000',
      // June's 99.00 − 3.30, and half of the pack.
      deferred: '135.7',
      receivable: '0',
      cash: '377',
      open_grants: '150',
      variances: 0,
    });
    expect(await earnedByMonth(story, customer)).toEqual([
      '2026-04 revenue.credits 2000',
      '2026-05 revenue.credits 2000',
    ]);
  },
);
