import { expect, test } from 'vitest';

import { pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { expectBooks, type Story, tellEach } from '../support/story.ts';

const pack = { ...pack10k, pack: 'pack-1k', name: '1 000 credits', credits: '1000', amountMinor: 1_000 };
const catalogue = { ...sampleCatalogue, packs: [pack] };
const stories = await tellEach(
  {
    'a scheduled finalization does not wait': { scheduledFinalizationWaits: false },
    'a scheduled finalization waits': { scheduledFinalizationWaits: true },
  },
  { catalogue },
);

/** B11's pack at 23:59:30: it pays 300 of overage, and its grant is not at Stripe when we die. */
async function die(story: Story, until: string) {
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(10_300);
  await story.until('2026-04-30T23:59:30Z');
  story.simulator.faults.add({ match: { method: 'POST', path: 'credit_grants' }, kind: '500_before' });
  await customer.buyPack('pack-1k');
  await story.down(until);
  story.simulator.faults.clear();
  await story.back();
  await story.relayed();
  return customer;
}

test.for(stories)(
  'B16 We were dead over the boundary: for three hours, and Stripe waited (%s)',
  { timeout: 120_000 },
  async ([, hours]) => {
    const customer = await die(hours, '2026-05-01T03:00:00Z');
    await hours.until('2026-05-02T00:00:00Z');
    const lines = (await customer.cycleInvoice())['lines'] as unknown as readonly {
      kind: string;
      amount_minor: number;
    }[];
    expect(lines.map(({ kind, amount_minor: amount }) => `${kind} ${amount}`).toSorted()).toEqual([
      'base 9900',
      'correction -300',
      'usage 10300',
    ]);
    await expectBooks(hours, customer, {
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
  },
);
