import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseFraction } from '../../src/domain/amount.ts';
import { creditPrice, worthHalfUp, worthUp } from '../../src/domain/credit-price.ts';
import { type CycleNumbers, decideAtDeadline, decideCycle } from '../../src/domain/settlement.ts';

function price(text: string, currency = 'usd') {
  const perCredit = parseFraction(text);
  if (perCredit === null) throw new Error(text);
  return creditPrice(currency, perCredit);
}

const CREDIT = 1_000_000n;

/** A cycle of milli-credits at $0.01: 12 500 used, 10 000 of them paid by lots. */
function cycle(more: Partial<CycleNumbers> = {}): CycleNumbers {
  return {
    price: price('0.01'),
    meterUnitMicro: 1_000n,
    countedUnits: 12_500_000n,
    emittedUnits: 12_500_000n,
    paidMicro: 10_000n * CREDIT,
    discountsMinor: 0n,
    eligibleMinor: 10_000n,
    irregular: null,
    ...more,
  };
}

describe('a cycle is decided', () => {
  test.for([
    ['A1: what Stripe charges is what is owed', {}, 'finalize', 0n],
    [
      'B3: less used than granted',
      { countedUnits: 7_000_000n, emittedUnits: 7_000_000n, paidMicro: 7_000n * CREDIT },
      'finalize',
      0n,
    ],
    [
      'B11: a grant came too late',
      { countedUnits: 10_300_000n, emittedUnits: 10_300_000n, paidMicro: 10_300n * CREDIT },
      'correct',
      -300n,
    ],
    [
      'B5 without paydown: grants would pay overage',
      { countedUnits: 10_300_000n, emittedUnits: 10_300_000n, eligibleMinor: 20_000n },
      'correct',
      300n,
    ],
    ['one cent in the customer’s favour stays', { eligibleMinor: 10_001n }, 'finalize', 1n],
    ['one cent against the customer is taken off', { eligibleMinor: 9_999n }, 'correct', -1n],
    ['A9: a coupon of 20 % would be covered by credits', { discountsMinor: 2_500n }, 'hold', 2_500n],
    ['E6: Stripe counts less than was reported', { countedUnits: 12_000_000n }, 'hold', 500n],
    ['Stripe counts more than was reported', { countedUnits: 13_000_000n }, 'hold', -500n],
    ['a period below zero bills nothing', { countedUnits: -5n, emittedUnits: -5n, paidMicro: -5_000n }, 'finalize', 0n],
  ] as const)('%s', ([, numbers, action, differenceMinor]) => {
    expect(decideCycle(cycle(numbers))).toMatchObject({ action, differenceMinor });
  });

  test('A8: 18 797.662 credits with 10 000 included owe $87.98', () => {
    const decided = decideCycle(cycle({ countedUnits: 18_797_662n, emittedUnits: 18_797_662n }));
    expect(decided).toEqual({
      owedMinor: 8_798n,
      chargeMinor: 8_798n,
      differenceMinor: 0n,
      action: 'finalize',
      reason: null,
      holdReason: null,
    });
  });

  test('E8: ¥1.5 a credit, 12 501 used, 10 000 included: ¥3 752 owed', () => {
    const yen = {
      price: price('1.5', 'jpy'),
      countedUnits: 12_501_000n,
      emittedUnits: 12_501_000n,
      eligibleMinor: 15_000n,
    };
    expect(decideCycle(cycle(yen))).toMatchObject({ owedMinor: 3_752n, chargeMinor: 3_752n, action: 'finalize' });
  });

  test('with grants worth what lots paid, rounded up, nobody is charged more than the overage, nor two minor units less', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 50_000n * CREDIT }),
        fc.bigInt({ min: 0n, max: 50_000n * CREDIT }),
        fc.constantFrom('0.01', '0.0035', '0.008', '0.02', '1'),
        fc.constantFrom(1n, 1_000n),
        (paidMicro, overageMicro, text, meterUnitMicro) => {
          const at = price(text);
          const units = (paidMicro + overageMicro) / meterUnitMicro;
          const { differenceMinor, owedMinor } = decideCycle({
            ...cycle(),
            price: at,
            meterUnitMicro,
            countedUnits: units,
            emittedUnits: units,
            paidMicro,
            eligibleMinor: worthUp(at, paidMicro),
          });
          expect(differenceMinor).toBeGreaterThanOrEqual(0n);
          expect(differenceMinor).toBeLessThanOrEqual(1n);
          expect(owedMinor - worthHalfUp(at, overageMicro)).toBeGreaterThanOrEqual(-1n);
          expect(owedMinor - worthHalfUp(at, overageMicro)).toBeLessThanOrEqual(1n);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('at the deadline', () => {
  test.for([
    ['what Stripe would charge too much is taken off', { countedUnits: 13_000_000n }, -500n],
    ['what it would charge too little goes out as it is', { countedUnits: 12_000_000n }, 0n],
    ['a gift by another hand goes out as it is', { discountsMinor: 2_500n }, 0n],
  ] as const)('%s', ([, numbers, correction]) => {
    expect(decideAtDeadline(cycle(numbers))).toBe(correction);
  });
});
