import { expect, test } from 'vitest';

import { compareSeats, type ProrationThere, type RemovedSeats } from '../../src/domain/reconciliation/seats.ts';

/** $49.00 a seat with 800 credits, April. */
const period: RemovedSeats = {
  billingPeriodId: 'april',
  startsAt: new Date('2026-04-01T00:00:00Z'),
  endsAt: new Date('2026-05-01T00:00:00Z'),
  basePriceId: 'price_seat',
  currency: 'usd',
  baseAmountMinor: 4_900n,
  includedMicro: 800_000_000n,
};

function on(day: number, ...amounts: readonly bigint[]): readonly ProrationThere[] {
  const from = new Date(Date.UTC(2026, 3, day));
  return amounts.map((amountMinor) => ({ priceId: 'price_seat', from, amountMinor }));
}

function found(...prorations: readonly (readonly ProrationThere[])[]): readonly string[] {
  return compareSeats([period], prorations.flat()).differences.map(({ object, amount }) => `${object}: ${amount}`);
}

test.for<[string, readonly (readonly ProrationThere[])[], readonly string[]]>([
  ['nothing prorated', [], []],
  ['a sixth seat for half of April', [on(16, -12_250n, 14_700n)], []],
  ['one seat away for half of April', [on(16, -12_250n, 9_800n)], ['april clawback of 400: -2450']],
  ['one away and back again at once', [on(16, -12_250n, 9_800n), on(16, -9_800n, 12_250n)], []],
  ['one away, back a day later', [on(15, -13_067n, 10_453n), on(16, -9_800n, 12_250n)], ['april clawback of 26: -164']],
  ['one more, then two away', [on(10, 3_430n), on(16, -4_900n)], ['april clawback of 800: -4900']],
  [
    'another price, another period',
    [[{ ...on(16, -99n)[0], priceId: 'price_other' } as ProrationThere], on(31, -5n)],
    [],
  ],
])('%s', ([, prorations, expected]) => {
  expect(found(...prorations)).toEqual(expected);
});

test('a plan without a fee proposes nothing to claw back', () => {
  const { differences } = compareSeats([{ ...period, baseAmountMinor: 0n }], on(16, -10n));
  expect(differences).toMatchObject([{ object: 'april clawback of 0', amount: '-10' }]);
});
