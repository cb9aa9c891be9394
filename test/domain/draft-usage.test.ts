import { expect, test } from 'vitest';

import { irregularUsage, type MeterLine, usageOnDraft } from '../../src/domain/draft-usage.ts';
import { pricesOfPeriod, usageLinesOf } from '../../src/domain/invoice.ts';

const line = (lineId: string, priceId: string, amountMinor: bigint, more: Partial<MeterLine> = {}): MeterLine => ({
  lineId,
  priceId,
  subscriptionItemId: 'si_1',
  periodStart: new Date('2026-04-01T00:00:00Z'),
  amountMinor,
  discountsMinor: 0n,
  ...more,
});
const agreed = line('il_a', 'price_a', 12_500n);

function found(lines: readonly MeterLine[], { counted = 12_500n, left = [] as readonly string[] } = {}) {
  const usage = usageOnDraft(lines, { meteredPriceId: 'price_a', leftPriceIds: left });
  return irregularUsage(usage, {
    meteredPriceId: 'price_a',
    startsAt: new Date('2026-04-01T00:00:20Z'),
    currency: 'usd',
    countedMicro: counted * 1_000_000n,
  });
}

test('one line at the agreed price is as agreed, and so is none where nothing is counted', () => {
  expect(found([agreed])).toBeNull();
  expect(found([], { counted: 0n })).toBeNull();
});

test.for([
  ['another price in its place', [line('il_b', 'price_b', 52_500n)], 0n, 52_500n, 'il_b asks USD 525.00'],
  [
    'another price beside it',
    [agreed, line('il_b', 'price_b', 900n)],
    12_500n,
    900n,
    'put the subscription back on price_a alone',
  ],
  ['a discount on another price', [line('il_b', 'price_b', 900n, { discountsMinor: 90n })], 0n, 810n, 'USD 8.10'],
  [
    'the agreed price as an invoice item',
    [line('il_i', 'price_a', 700n, { subscriptionItemId: null })],
    0n,
    700n,
    'which no credits reach',
  ],
  [
    'the agreed price for time before it was agreed',
    [line('il_w', 'price_a', 820n, { periodStart: new Date('2026-03-16T00:00:00Z') })],
    820n,
    0n,
    'since 2026-03-16T00:00:00.000Z, which is before price_a was agreed',
  ],
  ['no line at all', [], 0n, 0n, 'no line of price_a asks for the 12500 credits that Stripe counts'],
] as const)('%s waits for a person', ([, lines, agreedMinor, othersMinor, says]) => {
  const irregular = found(lines);
  expect(irregular).toMatchObject({ agreedMinor, othersMinor });
  expect(irregular?.because).toContain(says);
});

test('what was used until the price changed is an item that is settled for itself; a line of a subscription is not', () => {
  const item = line('il_v1', 'price_v1', 300n, { subscriptionItemId: null });
  expect(found([agreed, item], { left: ['price_v1'] })).toBeNull();
  expect(found([agreed, line('il_v1', 'price_v1', 300n)], { left: ['price_v1'] })).toMatchObject({ othersMinor: 300n });
});

test('a line at another price is usage of the last period on the invoice, and of no other', () => {
  const lines = ['price_v1', 'price_v2', 'price_b'].map((priceId) => ({
    kind: 'usage' as const,
    priceId,
    metadata: {},
  }));
  const periods = [
    { billingPeriodId: 'first', meteredPriceId: 'price_v1', endsAt: new Date('2026-04-10T00:00:00Z') },
    { billingPeriodId: 'last', meteredPriceId: 'price_v2', endsAt: new Date('2026-05-01T00:00:00Z') },
  ];
  const pricesOf = (id: string) => usageLinesOf(lines, pricesOfPeriod(id, periods)).map(({ priceId }) => priceId);
  expect(pricesOf('first')).toEqual(['price_v1']);
  expect(pricesOf('last')).toEqual(['price_v2', 'price_b']);
});
