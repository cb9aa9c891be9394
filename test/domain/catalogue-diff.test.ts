import { describe, expect, test } from 'vitest';

import { meterChange, priceChange, productChange } from '../../src/domain/catalogue-diff.ts';
import type { FoundPrice } from '../../src/domain/catalogue-diff.ts';
import { meterOf, productOfPlan } from '../../src/domain/catalogue-objects.ts';
import { hybrid, sampleCatalogue } from '../support/catalogue.ts';

const plan = productOfPlan(hybrid, { fingerprint: '0123456789abcdef', unit: sampleCatalogue.unit });
const [, metered = plan.prices[0]!] = plan.prices;

const same: FoundPrice = {
  priceId: 'price_1',
  active: true,
  currency: 'usd',
  unitAmountDecimal: '0.0010',
  use: 'metered',
  interval: 'month',
  intervalCount: 1,
  meterId: 'mtr_1',
  plain: true,
};

describe('a price', () => {
  const wanted = '0.001 usd (minor units) a meter unit, each month';
  test.for<[string, FoundPrice | null, boolean, string]>([
    ['that is not there is created', null, false, `create: ${wanted}`],
    ['that was pushed and is gone blocks', null, true, 'drift: is gone at Stripe (blocks)'],
    ['that is the same is adopted', same, false, 'adopt: price_1'],
    ['that was pushed is left alone', same, true, 'unchanged: price_1'],
    ['that is archived is put right', { ...same, active: false }, true, 'drift: price_1 is archived'],
    [
      'of another amount blocks',
      { ...same, unitAmountDecimal: '0.01' },
      true,
      `drift: price_1 is 0.01, not ${wanted} (blocks)`,
    ],
    [
      'without one amount blocks',
      { ...same, unitAmountDecimal: null },
      true,
      `drift: price_1 is null, not ${wanted} (blocks)`,
    ],
    [
      'of a strange amount blocks',
      { ...same, unitAmountDecimal: '-1' },
      true,
      `drift: price_1 is -1, not ${wanted} (blocks)`,
    ],
    [
      'in another currency blocks',
      { ...same, currency: 'eur' },
      true,
      `drift: price_1 is in eur, not ${wanted} (blocks)`,
    ],
    ['of another use blocks', { ...same, use: 'base' }, true, `drift: price_1 is a base price, not ${wanted} (blocks)`],
    [
      'of another interval blocks',
      { ...same, interval: 'year' },
      true,
      `drift: price_1 recurs each 1 year, not ${wanted} (blocks)`,
    ],
    [
      'of two months blocks',
      { ...same, intervalCount: 2 },
      true,
      `drift: price_1 recurs each 2 month, not ${wanted} (blocks)`,
    ],
    [
      'with tiers blocks',
      { ...same, plain: false },
      true,
      `drift: price_1 has tiers, packages or tax included, not ${wanted} (blocks)`,
    ],
    [
      'of another meter blocks',
      { ...same, meterId: 'mtr_2' },
      true,
      `drift: price_1 counts by the meter mtr_2, not ${wanted} (blocks)`,
    ],
  ])('%s', ([, found, known, expected]) => {
    const { kind, detail, blocks } = priceChange(metered, found, { known, meterId: 'mtr_1' });
    expect(`${kind}: ${detail}${blocks === true ? ' (blocks)' : ''}`).toBe(expected);
  });
});

describe('a product', () => {
  const found = { productId: 'prod_1', name: 'Hybrid', active: true, made: true };
  test.for<[string, typeof found | null, boolean, string]>([
    ['that is not there is created', null, false, 'create: Hybrid'],
    ['that was pushed and is gone blocks', null, true, 'drift: is gone at Stripe, or lost its metadata (blocks)'],
    ['that is there is adopted', found, false, 'adopt: prod_1'],
    ['that was pushed is left alone', found, true, 'unchanged: prod_1'],
    ['that is archived is put right', { ...found, active: false }, true, 'drift: prod_1 is archived'],
    ['of ours with another name is put right', { ...found, name: 'H' }, true, 'drift: prod_1 is named "H"'],
    ['of another hand keeps its name', { ...found, name: 'H', made: false }, true, 'unchanged: prod_1'],
  ])('%s', ([, product, known, expected]) => {
    const { kind, detail, blocks } = productChange(plan, product, known);
    expect(`${kind}: ${detail}${blocks === true ? ' (blocks)' : ''}`).toBe(expected);
  });
});

describe('a meter', () => {
  const found = { meterId: 'mtr_1', active: true, formula: 'sum' };
  test.for<[string, typeof found | null, string | null, string]>([
    ['that is not there is created', null, null, 'create: Credits (milli)'],
    ['that is there is adopted', found, null, 'adopt: mtr_1'],
    ['that was pushed is left alone', found, 'mtr_1', 'unchanged: mtr_1'],
    ['that was pushed and is gone blocks', null, 'mtr_1', 'drift: mtr_1 is gone at Stripe (blocks)'],
    ['that is another one blocks', found, 'mtr_0', 'drift: mtr_0 is gone at Stripe (blocks)'],
    ['that does not sum blocks', { ...found, formula: 'last' }, 'mtr_1', 'drift: mtr_1 does not sum but last (blocks)'],
    ['that is archived is put right', { ...found, active: false }, 'mtr_1', 'drift: mtr_1 is archived'],
  ])('%s', ([, meter, knownId, expected]) => {
    const { kind, detail, blocks } = meterChange(meterOf(sampleCatalogue.unit), meter, knownId);
    expect(`${kind}: ${detail}${blocks === true ? ' (blocks)' : ''}`).toBe(expected);
  });
});

test('a meter that counts whole credits is named plainly', () => {
  expect(meterOf({ name: 'credit', displayName: 'Credits', meterUnit: 'credit' })).toEqual({
    eventName: 'creditpool_credit_credit',
    displayName: 'Credits',
  });
});
