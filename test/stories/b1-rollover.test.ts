import { expect, test } from 'vitest';

import { formatCredits } from '../../src/domain/amount.ts';
import { query } from '../../src/storage/query.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Books, expectBooks, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const rolling = {
  ...hybrid,
  plan: 'rolling',
  policy: { ...samplePolicy, rollover: { capPercent: 50, capCredits: null, periods: 1, priority: null } },
};
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [rolling], packs: [] } });

/** Credits that ended as breakage. */
async function breakage(customer: Subscriber): Promise<string> {
  const [row] = await query<{ sum: bigint }>(
    database,
    `select coalesce(sum(a.balance), 0)::bigint as sum from accounts a join customer_aliases n using (customer_id)
     where a.lane between 0 and 63 and n.alias = $1 and a.kind = 'expired'`,
    [customer.stripeCustomer],
  );
  return formatCredits(row?.sum ?? 0n);
}

/** What is left of the lots of one source. */
async function left(customer: Subscriber, source: string): Promise<readonly string[]> {
  const lots = (await customer.balance())['lots'] as unknown as readonly { source: string; remaining: string }[];
  return lots.filter((lot) => lot.source === source).map(({ remaining }) => remaining);
}

const BOOKS: Books = {
  invoice: '99',
  credits_applied: '80',
  lots: '11900',
  // One of May's 31 days is earned: 99.00 − 3.19.
  deferred: '95.81',
  receivable: '0',
  cash: '198',
  // May's use is taken off when its invoice is final.
  open_grants: '120',
  variances: 0,
};

test(
  'B1 Rollover: up to half of the allowance, for one period, drawn first, after what came late',
  { timeout: 120_000 },
  async () => {
    const few = await story.subscriber('rolling');
    const many = await story.subscriber('rolling');
    const late = await story.subscriber('rolling');
    await story.until('2026-04-20T12:00:00Z');
    await few.use(8_000);
    await many.use(3_000);
    await late.use(8_000);
    await story.until('2026-05-01T00:30:00Z');
    await late.use(50, { at: '2026-04-30T23:50:00Z' });
    await story.until('2026-05-01T12:00:00Z');
    expect([await left(few, 'rollover'), await breakage(few)]).toEqual([['2000'], '0']);
    expect([await left(many, 'rollover'), await breakage(many)]).toEqual([['5000'], '2000']);
    expect([await left(late, 'rollover'), await breakage(late)]).toEqual([['1950'], '0']);
    await few.use(100);
    expect([await left(few, 'rollover'), await left(few, 'included')]).toEqual([['1900'], ['10000']]);

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, few, BOOKS);
    await expectBooks(story, many, { ...BOOKS, credits_applied: '30', lots: '15000', open_grants: '150' });
    await expectBooks(story, late, { ...BOOKS, credits_applied: '80.5', lots: '11950', open_grants: '119.5' });

    // One period: what is left of April's goes at the end of May, and half of May's rolls on.
    await story.until('2026-06-02T00:00:00Z');
    expect([await left(few, 'rollover'), await breakage(few)]).toEqual([['5000'], '6900']);
    await expectBooks(story, few, {
      ...BOOKS,
      credits_applied: '1',
      lots: '15000',
      // One of June's 30 days: 99.00 − 3.30.
      deferred: '95.7',
      cash: '297',
      open_grants: '150',
    });
  },
);
