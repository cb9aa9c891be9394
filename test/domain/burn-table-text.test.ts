import { expect, test } from 'vitest';

import { oneCreditBuys, priceParts, priceWords } from '../../src/domain/burn-table-text.ts';
import type { BurnRate } from '../../src/domain/catalogue.ts';

const words = { calls: 'calls', input_tokens: 'input tokens', minutes: 'GPU minutes' };

test.for<[BurnRate, string, readonly string[]]>([
  [{ flat: '20' }, 'costs 20 credits', []],
  [{ per: [{ quantity: 'calls', credits: '1', each: 1 }] }, 'costs 1 credit for every call', ['1 call']],
  [
    { per: [{ quantity: 'input_tokens', credits: '3', each: 1000 }], minimum: '1' },
    'costs 3 credits for every 1,000 input tokens, at least 1 credit',
    ['333 input tokens'],
  ],
  [
    { flat: '0.5', per: [{ quantity: 'minutes', credits: '2.5', each: 1 }] },
    'costs 0.5 credits plus 2.5 credits for every GPU minute',
    [],
  ],
  [
    {
      tiers: [
        {
          quantity: 'pages',
          each: 10,
          steps: [
            { upTo: 1000, credits: '1' },
            { upTo: null, credits: '0.5' },
          ],
        },
      ],
    },
    'costs for every 10 pages 1 credit up to 1,000 and 0.5 credits beyond',
    [],
  ],
])('%o', ([rate, price, buys]) => {
  expect(priceWords(rate, words)).toEqual({ price, cases: [] });
  expect(oneCreditBuys(rate, words)).toEqual(buys);
});

test('an outcome that costs something is told beside what is free', () => {
  const rate: BurnRate = { rules: [{ when: { outcome: 'resolved' }, rate: { flat: '20' } }], otherwise: 'free' };
  expect(priceWords(rate, words)).toEqual({
    price: 'is free, except',
    cases: ['20 credits where outcome is resolved'],
  });
  expect(priceParts(rate)).toBe(1);
});
