import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, type Subscriber, tellEach, tellStory } from '../support/story.ts';

const stories = await tellEach({
  'a grant that ends in the draft window is gone': { grantEndingInDraftWindow: 'lapses' },
  'a grant that ends in the draft window pays': { grantEndingInDraftWindow: 'pays' },
});
const other = await cloneDatabase();
const interrupted = await tellStory(other.database);

/** How a lot of April's ended, from outside: it is gone from the balance, and its rest is breakage. */
async function april(of: Story): Promise<Subscriber> {
  const customer = await of.subscriber();
  await of.until('2026-04-20T12:00:00Z');
  await customer.use(7_000);
  return customer;
}

test.for(stories)(
  'B3 Use it or lose it: what April leaves is breakage and pays nothing of May (%s)',
  { timeout: 120_000 },
  async ([, story]) => {
    const customer = await april(story);
    await story.until('2026-05-01T00:00:05Z');
    expect(await customer.balance()).toMatchObject({ available: '10000' });
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '70',
      lots: '10000',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '198',
      open_grants: '100',
      variances: 0,
    });
    await story.until('2026-05-20T12:00:00Z');
    expect(await customer.use(11_000)).toMatchObject({ status: 'applied', balance: '0' });
    await story.until('2026-06-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '109',
      credits_applied: '100',
      lots: '10000',
      // One of June's 30 days is earned: 99.00 − 3.30.
      deferred: '95.7',
      receivable: '0',
      cash: '307',
      open_grants: '100',
      variances: 0,
    });
  },
);

test('B3 Use it or lose it: also when our service was down from 1 to 31 May', { timeout: 120_000 }, async () => {
  const customer = await april(interrupted);
  await interrupted.until('2026-04-30T23:00:00Z');
  await interrupted.down('2026-05-31T12:00:00Z');
  await interrupted.back();
  expect(await customer.use(11_000)).toMatchObject({ status: 'applied', balance: '0' });
  await interrupted.until('2026-06-02T00:00:00Z');
  await expectBooks(interrupted, customer, {
    invoice: '109',
    credits_applied: '100',
    lots: '10000',
    deferred: '95.7',
    receivable: '0',
    cash: '307',
    open_grants: '100',
    variances: 0,
  });
});
