import { describe, expect, test } from 'vitest';

import { openLot } from '../../src/domain/lot-opening.ts';
import { takeOverUsage } from '../../src/domain/usage-taken-over.ts';
import { bookOf, CREDIT, instant, newLot } from '../support/pool-book.ts';

/** Taken over on 15 April into a plan that blocks at zero and lets no later credits pay for overage. */
function takenOver(credits: bigint) {
  const { book, at } = bookOf({ zeroBalance: 'block', paydown: false });
  const moment = at('2026-04-15');
  const open = (name: string, fields: object) =>
    openLot(book, newLot(name, 100n * CREDIT, fields), { actor: 'import' }, moment);
  open('later', { expiresAt: instant('2026-08-01') });
  open('sooner', { expiresAt: instant('2026-06-01') });
  open('of one feature', { features: ['ai'], expiresAt: instant('2026-05-01') });
  open('not yet effective', { effectiveAt: instant('2026-04-20'), expiresAt: instant('2026-05-01') });
  const [period] = book.periods;
  if (period === undefined) throw new Error('the book has a period');
  book.changes.entries.length = 0;
  takeOverUsage(book, period, credits * CREDIT, moment);
  const drawn = [...book.lots.values()].map(({ sourceId, drawn: used }) => [sourceId, used / CREDIT]);
  const overage = (book.overage.get(period.billingPeriodId) ?? 0n) / CREDIT;
  const buckets = [...book.changes.buckets.values()].map(({ windowStart, delta }) => [windowStart, delta / CREDIT]);
  const entries = book.changes.entries.map(({ kind, effectiveAt }) => [kind, effectiveAt]);
  return { drawn: Object.fromEntries(drawn) as Record<string, bigint>, overage, buckets, entries };
}

describe('what Stripe had counted when a customer was taken over', () => {
  test('is paid by lots of every feature in draw order, then overage, whatever the plan says of zero', () => {
    expect(takenOver(250n)).toEqual({
      drawn: { sooner: 100n, later: 100n, 'of one feature': 0n, 'not yet effective': 0n },
      overage: 50n,
      // In the period's first hour, so that no pace is told from it.
      buckets: [[instant('2026-04-01'), 250n]],
      entries: [['usage.taken_over', instant('2026-04-15')]],
    });
    expect(takenOver(30n)).toMatchObject({ drawn: { sooner: 30n, later: 0n }, overage: 0n });
  });

  test('posts nothing where it is nothing', () => {
    expect(takenOver(0n)).toMatchObject({ overage: 0n, buckets: [], entries: [] });
  });
});
