import { expect, test } from 'vitest';

import { balanceLevel } from '../../src/domain/balance-level.ts';

test.for([
  ['nothing bought yet', null, 0n, 0n, false, 'no_plan'],
  ['a plan that never stops and includes nothing', 'usage', 0n, 0n, true, 'unlimited'],
  ['three quarters left', 'hybrid', 7_500n, 10_000n, false, 'fine'],
  ['just above a quarter', 'hybrid', 2_501n, 10_000n, false, 'fine'],
  ['a quarter left', 'hybrid', 2_500n, 10_000n, false, 'low'],
  ['a tenth left', 'hybrid', 1_000n, 10_000n, false, 'very_low'],
  ['nothing left', 'hybrid', 0n, 10_000n, true, 'empty'],
  ['nothing left of a plan without credits', 'hybrid', 0n, 0n, false, 'empty'],
  ['bought credits without a plan', null, 900n, 1_000n, false, 'fine'],
] as const)('%s', ([, plan, available, granted, neverStops, level]) => {
  expect(balanceLevel({ plan, available, granted, neverStops })).toBe(level);
});
