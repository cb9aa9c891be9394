import { expect, test } from 'vitest';

import { inMajorUnits } from '../../src/cli/reconcile.ts';
import { materialMinor } from '../../src/domain/currency.ts';

test.for([
  [-20_000_000n, 'micro-credit', '-20 credits'],
  [1n, 'micro-credit', '0.000001 credits'],
  [1_250n, 'usd', '12.50 usd'],
  [-5n, 'usd', '-0.05 usd'],
  [100n, 'usd', '1.00 usd'],
  [500n, 'jpy', '500 jpy'],
  [1_500n, 'kwd', '1.500 kwd'],
  [7n, 'meter units', '7 meter units'],
  [null, null, ''],
] as const)('a difference of %s %s is shown as %s', ([amount, unit, shown]) => {
  expect(inMajorUnits(amount, unit)).toBe(shown);
});

test.for([
  ['usd', '1.00', 100n],
  ['usd', '0.5', 50n],
  ['usd', '1.999', 199n],
  ['jpy', '1.50', 1n],
  ['kwd', '1', 1_000n],
  ['micro-credit', '1.00', null],
] as const)('what matters in %s from %s on is %s', ([unit, major, minor]) => {
  expect(materialMinor(unit, major)).toBe(minor);
});
