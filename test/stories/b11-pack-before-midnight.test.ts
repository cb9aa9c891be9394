import { expect, test } from 'vitest';

import { pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const pack = { ...pack10k, pack: 'pack-1k', name: '1 000 credits', credits: '1000', amountMinor: 1_000 };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, packs: [pack] } });

test('B11 A pack at 23:59:30 whose grant is late: the draft is corrected by −$3.00', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(10_300);
  await story.until('2026-04-30T23:59:30Z');
  // However often it is tried until the month is over.
  story.simulator.faults.add({ match: { method: 'POST', path: 'credit_grants', times: 100 }, kind: '500_before' });
  await customer.buyPack('pack-1k');
  expect(await customer.balance()).toMatchObject({ available: '700', overage: '0' });
  await story.until('2026-05-01T00:00:30Z');
  story.simulator.faults.clear();
  await story.relayed();

  await story.until('2026-05-02T00:00:00Z');
  const lines = (await customer.cycleInvoice())['lines'] as unknown as readonly {
    kind: string;
    amount_minor: number;
  }[];
  expect(lines.map(({ kind, amount_minor: amount }) => `${kind} ${amount}`).toSorted()).toEqual([
    'base 9900',
    'correction -300',
    'usage 10300',
  ]);
  await expectBooks(story, customer, {
    invoice: '99',
    credits_applied: '100',
    lots: '10700',
    // One of May's 31 days is earned, and 300 of the pack: 99.00 − 3.19 + 7.00.
    deferred: '102.81',
    receivable: '0',
    cash: '208',
    open_grants: '107',
    variances: 0,
  });
});
