import { expect, test } from 'vitest';

import { lintPriceList } from '../../src/domain/model-price-lint.ts';
import { type ModelPrice, modelPriceAt } from '../../src/domain/model-prices.ts';
import { formatNano, minorOfNano, parseNano } from '../../src/domain/nano-money.ts';
import { costOf, type ProviderUse } from '../../src/domain/provider-cost.ts';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const NO_USE: ProviderUse = { provider: null, model: null, key: null, units: null, costNano: null, currency: null };

/** Dollars a million tokens in and out. */
function price(model: string, from: string, [input, output]: readonly string[], pushed = '2026-01-01'): ModelPrice {
  const each = 1_000_000;
  return {
    modelPriceId: `${model}/${from}/${pushed}`,
    model,
    provider: 'acme',
    effectiveFrom: day(from),
    currency: 'usd',
    prices: [
      { unit: 'input_tokens', amount: input ?? '0', each },
      { unit: 'output_tokens', amount: output ?? '0', each },
    ],
    perUse: null,
    pushedAt: day(pushed),
  };
}

const prices = [
  price('small', '2026-01-01', ['0.15', '0.60']),
  price('small', '2026-04-01', ['0.30', '1.20']),
  price('large*', '2026-01-01', ['5', '15']),
  price('large-2026*', '2026-01-01', ['4', '12']),
  price('large-2026-old', '2026-01-01', ['10', '30']),
];
const cost = (use: Partial<ProviderUse>, at = '2026-03-31', quantities: Record<string, bigint> = {}) =>
  costOf({ ...NO_USE, ...use }, { quantities, dimensions: {}, at: day(at) }, prices);

test('1 200 tokens in and 85 out at 0.15 and 0.60 dollars a million are 231 000 nano-dollars', () => {
  const units = { input_tokens: 1_200n, output_tokens: 85n };
  expect(cost({ model: 'small' }, '2026-03-31', units)).toMatchObject({
    basis: 'listed',
    costNano: 231_000n,
    currency: 'usd',
    provider: 'acme',
  });
  expect(formatNano(231_000n)).toBe('0.000231');
});

test('a price counts from its day on: twice as much in April', () => {
  const units = { input_tokens: 1_000_000n };
  expect(cost({ model: 'small', units }, '2026-03-31')?.costNano).toBe(150_000_000n);
  expect(cost({ model: 'small', units }, '2026-04-01')?.costNano).toBe(300_000_000n);
});

test('half a nano-dollar is rounded up, once for all units together', () => {
  const odd = [price('tiny', '2026-01-01', ['0.0000125', '0.0000125'])];
  const one = costOf(
    { ...NO_USE, model: 'tiny' },
    { quantities: { input_tokens: 20n, output_tokens: 20n }, dimensions: {}, at: day('2026-02-01') },
    odd,
  );
  // 12.5 nano-dollars a thousand tokens: 40 of them are half of one.
  expect(one?.costNano).toBe(1n);
});

test('the longest beginning stands for a model, and its own name before any', () => {
  expect(modelPriceAt(prices, 'large-2025', day('2026-02-01'))?.model).toBe('large*');
  expect(modelPriceAt(prices, 'large-2026-new', day('2026-02-01'))?.model).toBe('large-2026*');
  expect(modelPriceAt(prices, 'large-2026-old', day('2026-02-01'))?.model).toBe('large-2026-old');
  expect(modelPriceAt(prices, 'small', day('2025-12-31'))).toBeNull();
});

test('of two prices for one day the one that was pushed last counts', () => {
  const corrected = [...prices, price('small', '2026-01-01', ['0.10', '0.40'], '2026-02-15')];
  expect(modelPriceAt(corrected, 'small', day('2026-03-01'))?.prices[0]?.amount).toBe('0.10');
});

test('what the host says it cost is believed, and needs no price', () => {
  expect(cost({ model: 'unheard of', costNano: 310_000_000n, currency: 'eur' })).toMatchObject({
    basis: 'given',
    costNano: 310_000_000n,
    currency: 'eur',
    because: null,
  });
});

test('a cost that is known in part is none', () => {
  const units = { input_tokens: 10n, cached_tokens: 5n };
  expect(cost({ model: 'small', units })).toMatchObject({
    basis: 'unpriced',
    costNano: null,
    because: 'small has no price for cached_tokens',
  });
  // Of the quantities of the use itself some are no business of the provider's.
  expect(cost({ model: 'small' }, '2026-03-31', { input_tokens: 1_000_000n, pages: 3n })?.costNano).toBe(150_000_000n);
  expect(cost({ model: 'small' }, '2026-03-31', { pages: 3n })?.because).toBe(
    'none of what was used has a price of small',
  );
  expect(cost({ model: 'unheard of' })?.because).toBe('no price of unheard of is in force');
});

test('the dimension model names the model where nothing else does; a use without any has no cost at all', () => {
  const use = { quantities: { input_tokens: 1_000_000n }, at: day('2026-02-01') };
  expect(costOf(null, { ...use, dimensions: { model: 'small' } }, prices)?.costNano).toBe(150_000_000n);
  expect(costOf(null, { ...use, dimensions: { region: 'eu' } }, prices)).toBeNull();
});

test('nano-units are read from at most twelve places and shown in minor units', () => {
  expect(parseNano('0.0000000005')).toBe(1n);
  expect(parseNano('0.0000000004')).toBe(0n);
  expect(parseNano('1e-3')).toBeNull();
  expect(parseNano('-1')).toBeNull();
  expect(minorOfNano(12_345_000_000n, 'usd')).toBe(1_235n);
  expect(minorOfNano(12_345_000_000n, 'jpy')).toBe(12n);
});

test('a list with two prices for one day, a stray star, a currency that nobody knows or no price is refused', () => {
  const from = { effectiveFrom: '2026-01-01T00:00:00Z' };
  const found = lintPriceList({
    currency: 'usd',
    models: [
      { model: 'a', ...from, perUse: '1' },
      { model: 'a', effectiveFrom: '2026-01-01T01:00:00+01:00', perUse: '2' },
      { model: 'b*c', ...from, perUse: '1', currency: 'xyz' },
      { model: 'd', ...from },
    ],
    exchangeRates: [{ from: 'usd', to: 'usd', rate: '1', effectiveFrom: from.effectiveFrom }],
  });
  expect(found.map(({ path, code }) => `${path} ${code}`)).toEqual([
    'models[1] priced_twice',
    'models[2].currency unknown_currency',
    'models[2].model bad_pattern',
    'models[3] no_price',
    'exchangeRates[0] no_rate',
  ]);
});
