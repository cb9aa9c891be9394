import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  awaitsCutOff,
  type BillingPeriod,
  boundary,
  isWithin,
  monthOf,
  nextBoundary,
} from '../../src/domain/billing-period.ts';
import { instant } from '../support/pool-book.ts';

function boundaries(anchor: string, interval: 'month' | 'year', count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => boundary(instant(anchor), interval, n).toISOString().slice(0, 16));
}

describe("billing periods begin on the anchor's day, or on the last day of a shorter month", () => {
  test('31 January, a common year', () => {
    expect(boundaries('2026-01-31T10:30:00Z', 'month', 5)).toEqual([
      '2026-01-31T10:30',
      '2026-02-28T10:30',
      '2026-03-31T10:30',
      '2026-04-30T10:30',
      '2026-05-31T10:30',
    ]);
  });

  test('31 January, a leap year', () => {
    expect(boundaries('2028-01-31', 'month', 3)).toEqual(['2028-01-31T00:00', '2028-02-29T00:00', '2028-03-31T00:00']);
  });

  test('30 January', () => {
    expect(boundaries('2026-01-30', 'month', 3)).toEqual(['2026-01-30T00:00', '2026-02-28T00:00', '2026-03-30T00:00']);
  });

  test('over the turn of the year', () => {
    expect(boundaries('2026-11-15T23:59:59Z', 'month', 3)).toEqual([
      '2026-11-15T23:59',
      '2026-12-15T23:59',
      '2027-01-15T23:59',
    ]);
  });

  test('29 February, by the year', () => {
    expect(boundaries('2028-02-29', 'year', 5)).toEqual([
      '2028-02-29T00:00',
      '2029-02-28T00:00',
      '2030-02-28T00:00',
      '2031-02-28T00:00',
      '2032-02-29T00:00',
    ]);
  });
});

describe('the next boundary', () => {
  test.for([
    ['month', '2026-01-31', '2026-01-31', '2026-02-28'],
    ['month', '2026-01-31', '2026-02-28', '2026-03-31'],
    ['month', '2026-01-31', '2026-02-27T23:59:59.999Z', '2026-02-28'],
    ['month', '2026-01-31', '2025-12-01', '2026-01-31'],
    ['month', '2026-01-31', '2027-12-31', '2028-01-31'],
    ['year', '2028-02-29', '2028-02-29', '2029-02-28'],
    ['year', '2028-02-29', '2032-02-28', '2032-02-29'],
    ['year', '2026-06-15', '2026-06-14T23:59:59Z', '2026-06-15'],
  ] as const)('by the %s from %s after %s is %s', ([interval, anchor, after, expected]) => {
    expect(nextBoundary(instant(anchor), interval, instant(after))).toEqual(instant(expected));
  });

  test('is the first one later, whatever the anchor', () => {
    const day = fc.date({ min: instant('2020-01-01'), max: instant('2040-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(day, day, fc.constantFrom('month' as const, 'year' as const), (anchor, after, interval) => {
        const next = nextBoundary(anchor, interval, after);
        expect(next > after || next.getTime() === anchor.getTime()).toBe(true);
        const all = Array.from({ length: 260 }, (_, n) => boundary(anchor, interval, n));
        expect(next).toEqual(all.find((each) => each > after));
      }),
    );
  });

  test('never leaves a gap: each boundary follows from the one before', () => {
    const day = fc.date({ min: instant('2020-01-01'), max: instant('2030-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (anchor) => {
        let at = anchor;
        for (let n = 1; n <= 30; n += 1) {
          at = nextBoundary(anchor, 'month', at);
          expect(at).toEqual(boundary(anchor, 'month', n));
        }
      }),
    );
  });
});

describe('a period', () => {
  const april: BillingPeriod = {
    billingPeriodId: 'p',
    subscriptionId: 'sub_1',
    planVersionId: 'v',
    startsAt: instant('2026-04-01'),
    endsAt: instant('2026-05-01'),
    cutOffAt: instant('2026-05-01T00:45:00Z'),
    state: 'open',
    isTrial: false,
  };

  test('holds its first instant and not its last', () => {
    expect([isWithin(april, april.startsAt), isWithin(april, april.endsAt)]).toEqual([true, false]);
  });

  test('awaits its cut-off from its end until it is cut off', () => {
    expect(awaitsCutOff(april, instant('2026-04-30T23:59:59.999Z'))).toBe(false);
    expect(awaitsCutOff(april, april.endsAt)).toBe(true);
    expect(awaitsCutOff({ ...april, state: 'cut_off' }, april.endsAt)).toBe(false);
  });

  test('belongs to a UTC month', () => {
    expect([monthOf(instant('2026-04-30T23:59:59.999Z')), monthOf(instant('2026-05-01'))]).toEqual([
      '2026-04-01',
      '2026-05-01',
    ]);
  });
});
