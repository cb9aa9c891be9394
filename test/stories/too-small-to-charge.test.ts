import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { expectBooks, type Story, tellEach } from '../support/story.ts';

const basic = { ...hybrid, plan: 'basic', baseAmountMinor: 0, includedCredits: '100', pricePerCredit: '0.01' };
const [[, moving], [, asking]] = (await tellEach(
  { moving: { tooSmallMovesToBalance: true }, asking: { tooSmallMovesToBalance: false } },
  { catalogue: { ...sampleCatalogue, plans: [basic], packs: [] } },
)) as [readonly [string, Story], readonly [string, Story]];

test.for([
  ['moves to the customer balance, and the next invoice asks for it', moving, { amount_due_minor: 0 }, '0'],
  ['is asked for', asking, { amount_due_minor: 20 }, '0.2'],
] as const)(
  'A1 $0.20 of overage: less than is charged by itself %s',
  { timeout: 120_000 },
  async ([, story, due, cash]) => {
    const customer = await story.subscriber('basic');
    await story.until('2026-04-10T12:00:00Z');
    await customer.use(120);
    await story.until('2026-05-02T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 20, ...due });
    const books = { credits_applied: '1', lots: '100', deferred: '0', receivable: '0', open_grants: '1', variances: 0 };
    await expectBooks(story, customer, { ...books, invoice: '0.2', cash });

    if (story === asking) return;
    await story.until('2026-05-10T12:00:00Z');
    await customer.use(160);
    await story.until('2026-06-02T00:00:00Z');
    await expectBooks(story, customer, { ...books, invoice: '0.6', cash: '0.8' });
  },
);
