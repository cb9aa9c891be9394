import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const yearly = { ...hybrid, interval: 'year' as const, creditsEvery: 'month' as const, baseAmountMinor: 99_000 };
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, plans: [yearly] },
  startsAt: '2026-01-31T00:00:00Z',
});

test(
  'A11 Yearly plan, monthly credits: 31 January, 28 February, 31 March, and the overage of each month by the month',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    const begun = {
      available: '10000',
      period: { starts_at: '2026-01-31T00:00:00.000Z', ends_at: '2026-02-28T00:00:00.000Z' },
    };
    expect(await customer.balance()).toMatchObject(begun);
    await story.until('2026-02-10T00:00:00Z');
    await customer.use(12_500);
    await story.until('2026-03-01T00:00:00Z');
    expect(await customer.balance()).toMatchObject({
      available: '10000',
      period: { starts_at: '2026-02-28T00:00:00.000Z', ends_at: '2026-03-31T00:00:00.000Z' },
    });
    expect(await customer.cycleInvoice()).toMatchObject({ subtotal_minor: 12_500, total_minor: 2_500 });
    await customer.use(11_000);
    await story.until('2026-04-01T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '10',
      credits_applied: '100',
      lots: '10000',
      // 60 of 365 days of the fee are earned: 990.00 − 162.73.
      deferred: '827.27',
      receivable: '0',
      cash: '1025',
      open_grants: '100',
      variances: 0,
    });
  },
);
