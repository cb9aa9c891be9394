import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { creditsPaidBack, refundableMinor, type SoldLot } from '../../src/domain/clawback.ts';

/** A3: 10 000 credits for $80.00, 6 200 of them used. */
const A3: SoldLot = { granted: 10_000_000_000n, paidMinor: 8_000n, unspent: 3_800_000_000n, clawedBack: 0n };

describe('a credit note on bought credits', () => {
  test('gives back the price of the unspent ones, and ends them', () => {
    expect(refundableMinor(A3, 0n)).toBe(3_040n);
    expect(creditsPaidBack(A3, 3_040n, 0n)).toBe(3_800_000_000n);
  });

  test('in part ends its share, and the next one knows of it', () => {
    expect(creditsPaidBack(A3, 800n, 0n)).toBe(1_000_000_000n);
    const after = { ...A3, unspent: 2_800_000_000n, clawedBack: 1_000_000_000n };
    expect(refundableMinor(after, 800n)).toBe(2_240n);
    expect(creditsPaidBack(after, 2_240n, 800n)).toBe(2_800_000_000n);
  });

  test('by another hand ends no more than is unspent', () => {
    expect(creditsPaidBack(A3, 8_000n, 0n)).toBe(3_800_000_000n);
    expect(refundableMinor({ ...A3, unspent: 0n, clawedBack: 3_800_000_000n }, 8_000n)).toBe(0n);
  });

  test('a gift and a note of nothing end nothing', () => {
    expect(creditsPaidBack({ ...A3, paidMinor: 0n }, 100n, 0n)).toBe(0n);
    expect(creditsPaidBack(A3, 0n, 0n)).toBe(0n);
  });

  test('in whatever parts it is given back: all of the money ends all of the credits, never more', () => {
    const lots = fc.record({
      granted: fc.bigInt(1n, 10n ** 12n),
      paidMinor: fc.bigInt(1n, 10n ** 7n),
      drawnShare: fc.bigInt(0n, 1_000n),
      parts: fc.array(fc.bigInt(1n, 10n ** 6n), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(lots, ({ granted, paidMinor, drawnShare, parts }) => {
        let lot: SoldLot = { granted, paidMinor, unspent: granted - (granted * drawnShare) / 1_000n, clawedBack: 0n };
        let noted = 0n;
        const note = (net: bigint): void => {
          const ended = creditsPaidBack(lot, net, noted);
          expect(ended >= 0n && ended <= lot.unspent).toBe(true);
          lot = { ...lot, unspent: lot.unspent - ended, clawedBack: lot.clawedBack + ended };
          noted += net;
        };
        for (const part of parts) if (part < refundableMinor(lot, noted)) note(part);
        const rest = refundableMinor(lot, noted);
        if (rest === 0n) return;
        note(rest);
        expect(lot.unspent).toBe(0n);
        expect(refundableMinor(lot, noted)).toBe(0n);
      }),
      { numRuns: 500 },
    );
  });
});
