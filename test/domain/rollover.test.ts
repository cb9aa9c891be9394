import { describe, expect, test } from 'vitest';

import { catchUp } from '../../src/domain/catch-up.ts';
import { costOfMoved } from '../../src/domain/cost-basis.ts';
import { openLot } from '../../src/domain/lot-opening.ts';
import { remaining } from '../../src/domain/lot.ts';
import type { PoolBook } from '../../src/domain/pool-book.ts';
import { availableAt } from '../../src/domain/pool-stock.ts';
import { recordUsage } from '../../src/domain/usage.ts';
import { bookOf, CREDIT, instant, newLot, postedTo, usage } from '../support/pool-book.ts';

const half = { capPercent: 50, capCredits: null, periods: 1, priority: null };

/** The lots that rolled over, as [credits left, priority, ends]. */
function rolled(book: PoolBook) {
  return [...book.lots.values()]
    .filter(({ source }) => source === 'rollover')
    .map((lot) => [remaining(lot) / CREDIT, lot.priority, lot.expiresAt?.toISOString().slice(0, 10)]);
}

/** April of 10 000 with so many used, cut off at 00:45 of May. */
function aprilOf(
  used: bigint,
  rule:
    | typeof half
    | { capPercent: number | null; capCredits: string | null; periods: number; priority: number | null } = half,
) {
  const { book, at } = bookOf({ rollover: rule }, { included: '10000' });
  recordUsage(book, usage(used * CREDIT, instant('2026-04-20')), at('2026-04-20'));
  catchUp(book, at('2026-05-01T00:10:00Z'));
  return { book, at };
}

describe('B1 Rollover', () => {
  test('2 000 of 10 000 are left under a cap of half the allowance: all of them roll over and go first in May', () => {
    const { book, at } = aprilOf(8000n);
    catchUp(book, at('2026-05-01T00:45:00Z'));
    expect(rolled(book)).toEqual([[2000n, 50, '2026-06-01']]);
    expect(availableAt(book, instant('2026-05-02'))).toBe(12_000n * CREDIT);
    recordUsage(book, usage(1500n * CREDIT, instant('2026-05-02')), at('2026-05-02'));
    expect(rolled(book)).toEqual([[500n, 50, '2026-06-01']]);
  });

  test('7 000 are left: 5 000 roll over, 2 000 are breakage, and what May leaves of them ends with May', () => {
    const { book, at } = aprilOf(3000n);
    catchUp(book, at('2026-05-01T00:45:00Z'));
    expect(rolled(book)).toEqual([[5000n, 50, '2026-06-01']]);
    expect(postedTo(book, 'expired')).toBe(2000n * CREDIT);
    catchUp(book, at('2026-06-01T00:45:00Z'));
    // 5 000 of April for good; of May's 10 000 half rolls again.
    expect(postedTo(book, 'expired')).toBe((2000n + 5000n + 5000n) * CREDIT);
    expect(rolled(book).filter(([left]) => left !== 0n)).toEqual([[5000n, 50, '2026-07-01']]);
  });

  test('an April event of 50 that comes at 00:30 is paid by April, before anything rolls', () => {
    const { book, at } = aprilOf(8000n);
    recordUsage(book, usage(50n * CREDIT, instant('2026-04-30T23:59:00Z')), at('2026-05-01T00:30:00Z'));
    expect(availableAt(book, instant('2026-05-01T00:30:00Z'))).toBe(10_000n * CREDIT);
    catchUp(book, at('2026-05-01T00:45:00Z'));
    expect(rolled(book)).toEqual([[1950n, 50, '2026-06-01']]);
  });

  test.each([
    ['an amount', { ...half, capPercent: null, capCredits: '1200' }, 1200n, 50, '2026-06-01'],
    ['the lower of two caps', { ...half, capCredits: '900.5' }, 900n, 50, '2026-06-01'],
    ['two periods', { ...half, periods: 2 }, 2000n, 50, '2026-07-01'],
    ['its own priority', { ...half, priority: 10 }, 2000n, 10, '2026-06-01'],
  ])('the rule may say %s', (_, rule, credits, priority, until) => {
    const { book, at } = aprilOf(8000n, rule);
    catchUp(book, at('2026-05-01T00:45:00Z'));
    expect(rolled(book)).toEqual([[credits, priority, until]]);
  });

  test('the share is of all that the period included, whatever of it is spent', () => {
    const { book, at } = bookOf({ rollover: half }, { included: '1000' });
    const period = book.periods[0];
    if (period === undefined) throw new Error('April is open');
    const fields = {
      source: 'included',
      billingPeriodId: period.billingPeriodId,
      expiresAt: period.endsAt,
      sourceType: 'seats',
    } as const;
    openLot(book, newLot('one more seat', 400n * CREDIT, fields), { actor: 'plan' }, at('2026-04-16'));
    recordUsage(book, usage(1000n * CREDIT, instant('2026-04-20')), at('2026-04-20'));
    catchUp(book, at('2026-05-01T00:45:00Z'));
    expect(rolled(book)).toEqual([[400n, 50, '2026-06-01']]);
  });
});

describe('what was paid', () => {
  test('goes with the credits that move, half up, and the last one takes the remainder', () => {
    // 100 minor units for 3 credits: 33 for the first, then 34, then 33.
    const lot = { granted: 3n, moved: 0n, paidMinor: 100n };
    const first = costOfMoved(lot, 1n);
    const second = costOfMoved({ ...lot, moved: 1n }, 1n);
    const third = costOfMoved({ ...lot, moved: 2n }, 1n);
    expect([first, second, third]).toEqual([33n, 34n, 33n]);
  });
});
