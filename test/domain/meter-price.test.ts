import fc from 'fast-check';
import { expect, test } from 'vitest';

import { chargeStepMinor, minorPlaces } from '../../src/domain/currency.ts';
import { meterUnitAmountDecimal } from '../../src/domain/meter-price.ts';

test.for([
  ['a cent a credit', '0.01', 'usd', 'credit', '1'],
  ['a cent a credit, in milli-credits', '0.01', 'usd', 'milli', '0.001'],
  ['a cent a credit, in micro-credits', '0.01', 'usd', 'micro', '0.000001'],
  ['$0.035 a credit, in milli-credits', '0.035', 'usd', 'milli', '0.0035'],
  ['a yen and a half, in milli-credits', '1.5', 'jpy', 'milli', '0.0015'],
  ['3.5 fils, in milli-credits', '0.0035', 'kwd', 'milli', '0.0035'],
  ['the finest price', '0.00000001', 'usd', 'micro', '0.000000000001'],
] as const)('%s is a plain decimal in minor units', ([, pricePerCredit, currency, meterUnit, expected]) => {
  expect(meterUnitAmountDecimal({ pricePerCredit, currency, meterUnit })).toBe(expected);
});

test.for([
  ['13 places', '0.000000001', 'usd'],
  ['no decimal', '1e-2', 'usd'],
  ['no currency', '0.01', 'usb'],
])('%s has no exact price, and the linter should have said so', ([, pricePerCredit, currency]) => {
  expect(() =>
    meterUnitAmountDecimal({ pricePerCredit: pricePerCredit!, currency: currency!, meterUnit: 'micro' }),
  ).toThrow('no exact meter price');
});

test('a million micro-credits cost what a thousand milli-credits and one credit cost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (tenThousandths) => {
      const pricePerCredit = `${Math.floor(tenThousandths / 10_000)}.${String(tenThousandths % 10_000).padStart(4, '0')}`;
      const priced = (meterUnit: 'credit' | 'milli' | 'micro'): bigint =>
        scaled(meterUnitAmountDecimal({ pricePerCredit, currency: 'usd', meterUnit }));
      expect(priced('credit')).toBe(priced('milli') * 1_000n);
      expect(priced('credit')).toBe(priced('micro') * 1_000_000n);
    }),
  );
});

test.for([
  ['usd', 2, 1],
  ['jpy', 0, 1],
  ['kwd', 3, 10],
  ['isk', 2, 100],
  ['usb', null, 1],
] as const)('%s has %s places and is charged in steps of %s', ([currency, places, step]) => {
  expect(minorPlaces(currency)).toBe(places);
  expect(chargeStepMinor(currency)).toBe(step);
});

function scaled(decimal: string): bigint {
  const [whole = '', part = ''] = decimal.split('.');
  return BigInt(whole + part.padEnd(12, '0'));
}
