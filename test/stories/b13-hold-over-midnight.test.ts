import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Books, expectBooks, idOf, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const patient = {
  ...hybrid,
  plan: 'patient',
  policy: { ...samplePolicy, hold: { ttlSeconds: 86_400, excess: 'refuse' as const } },
};
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [patient], packs: [] } });

async function hold(customer: Subscriber): Promise<string> {
  const body = { customer: customer.stripeCustomer, action: 'api.call', credits: '1000' };
  return idOf((await story.call('POST', '/v1/holds', body, `hold-${customer.name}`)).body);
}

async function capture(customer: Subscriber, holdId: string) {
  return (await story.call('POST', `/v1/holds/${holdId}/capture`, {}, `capture-${customer.name}`)).body;
}

/** The usage line of the newest cycle invoice. */
async function usageLine(customer: Subscriber): Promise<unknown> {
  const lines = (await customer.cycleInvoice())['lines'] as unknown as readonly { kind: string }[];
  return lines.find(({ kind }) => kind === 'usage');
}

const BOOKS: Books = {
  invoice: '99',
  credits_applied: '10',
  lots: '10000',
  // One of May's 31 days is earned: 99.00 − 3.19.
  deferred: '95.81',
  receivable: '0',
  cash: '198',
  open_grants: '100',
  variances: 0,
};

test(
  'B13 A hold over midnight: April’s until the cut-off, then of a lot that it carries into May, for nothing',
  { timeout: 120_000 },
  async () => {
    const early = await story.subscriber('patient');
    const late = await story.subscriber('patient');
    await story.until('2026-04-30T23:59:00Z');
    const [heldEarly, heldLate] = [await hold(early), await hold(late)];
    await story.until('2026-05-01T00:10:00Z');
    expect(await capture(early, heldEarly)).toMatchObject({ captured: '1000', balance: '10000' });
    expect(await late.balance()).toMatchObject({ available: '10000', held: '1000' });
    await story.until('2026-05-01T02:00:00Z');
    const { lots } = (await late.balance()) as unknown as { lots: readonly object[] };
    expect(lots).toContainEqual(expect.objectContaining({ source: 'carried', granted: '1000', held: '1000' }));
    expect(await capture(late, heldLate)).toMatchObject({ captured: '1000', balance: '10000' });

    await story.until('2026-05-02T00:00:00Z');
    expect(await usageLine(early)).toMatchObject({ amount_minor: 1_000, credits_applied_minor: 1_000 });
    await expectBooks(story, early, BOOKS);
    expect(await usageLine(late)).toMatchObject({ amount_minor: 0 });
    // The 1 000 are May's, and their grant waits for May's invoice.
    await expectBooks(story, late, { ...BOOKS, credits_applied: '0', open_grants: '110' });

    await story.until('2026-06-02T00:00:00Z');
    expect(await usageLine(late)).toMatchObject({ amount_minor: 1_000, credits_applied_minor: 1_000 });
    // One of June's 30 days: 99.00 − 3.30.
    await expectBooks(story, late, { ...BOOKS, deferred: '95.7', cash: '297' });
  },
);
