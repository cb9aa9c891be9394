import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  AMOUNT_MAX,
  dividedDown,
  dividedHalfUp,
  dividedUp,
  formatCredits,
  formatScaled,
  greater,
  lesser,
  parseCredits,
  parseFraction,
} from '../../src/domain/amount.ts';

describe('credits in text', () => {
  test.for([
    ['0', 0n],
    ['12.5', 12_500_000n],
    ['0.000001', 1n],
    ['1.50', 1_500_000n],
    ['9223372036854.775807', AMOUNT_MAX],
  ] as const)('%s is read', ([text, micro]) => {
    expect(parseCredits(text)).toBe(micro);
  });

  test.for([
    '',
    ' 1',
    '1 ',
    '+1',
    '-0',
    '-1',
    '01',
    '00.1',
    '.5',
    '1.',
    '1e3',
    '0x10',
    '1_000',
    '1,5',
    '0.0000001',
    '1.1234567',
    'NaN',
    'Infinity',
    '٣',
    '1\n',
    '9223372036854775808',
    '9223372036854.775808',
    '99999999999999999999999',
  ])('%j is refused', (text) => {
    expect(parseCredits(text)).toBeNull();
  });

  test('INV-11 comes back as it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: AMOUNT_MAX }), (micro) => {
        expect(parseCredits(formatCredits(micro))).toBe(micro);
      }),
    );
  });

  test.for([
    [0n, '0'],
    [1n, '0.000001'],
    [-1n, '-0.000001'],
    [12_500_000n, '12.5'],
    [-12_000_000n, '-12'],
    [10_000_000n, '10'],
  ] as const)('%s micro-credits are shown as %s', ([micro, text]) => {
    expect(formatCredits(micro)).toBe(text);
  });

  test('cents are shown by the same rule', () => {
    expect([formatScaled(18_798n, 2), formatScaled(5n, 2), formatScaled(700n, 0)]).toEqual(['187.98', '0.05', '700']);
  });
});

describe('a fraction in text', () => {
  test.for([
    ['0.0035', 35n, 10_000n],
    ['12', 12n, 1n],
    ['0', 0n, 1n],
  ] as const)('%s is read', ([text, numerator, denominator]) => {
    expect(parseFraction(text)).toEqual({ numerator, denominator });
  });

  test.for(['', '-1', '1e-3', '01', '.5', '1.0000000000001'])('%j is refused', (text) => {
    expect(parseFraction(text)).toBeNull();
  });
});

describe('division says how it rounds', () => {
  test.for([
    [7n, 2n, 3n, 4n, 4n],
    [-7n, 2n, -4n, -3n, -4n],
    [6n, 2n, 3n, 3n, 3n],
    [-6n, 2n, -3n, -3n, -3n],
    [1n, 3n, 0n, 1n, 0n],
    [2n, 3n, 0n, 1n, 1n],
    [-1n, 3n, -1n, 0n, 0n],
    [0n, 3n, 0n, 0n, 0n],
  ] as const)('%s ÷ %s is %s down, %s up, %s to the nearest', ([value, divisor, down, up, nearest]) => {
    expect([dividedDown(value, divisor), dividedUp(value, divisor), dividedHalfUp(value, divisor)]).toEqual([
      down,
      up,
      nearest,
    ]);
  });

  test('and never by more than one unit', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 12n }), (value, divisor) => {
        const down = dividedDown(value, divisor);
        expect(down * divisor <= value && value < (down + 1n) * divisor).toBe(true);
        expect(dividedUp(value, divisor) - down).toBe(value % divisor === 0n ? 0n : 1n);
        const nearest = dividedHalfUp(value, divisor);
        const distance = 2n * (nearest * divisor - value);
        expect((distance < 0n ? -distance : distance) <= divisor).toBe(true);
      }),
    );
  });

  test('lesser and greater', () => {
    expect([lesser(1n, 2n), lesser(2n, 1n), greater(1n, 2n), greater(2n, 1n)]).toEqual([1n, 1n, 2n, 2n]);
  });
});
