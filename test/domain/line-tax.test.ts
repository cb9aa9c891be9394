import { expect, test } from 'vitest';

import { roundingItem, itemsTaxedOtherwise, type TaxedLine, taxOnTop } from '../../src/domain/line-tax.ts';

const VAT = 200_000n;
const GST = 50_000n;

test('tax on top is rounded half up, each rate by itself', () => {
  expect(taxOnTop(1_000n, [VAT])).toBe(200n);
  // 12.5 cents at 5 % and 50 cents at 20 % of $2.50.
  expect(taxOnTop(250n, [VAT, GST])).toBe(63n);
  expect(taxOnTop(250n, [])).toBe(0n);
});

test.for([
  ['no tax: what is beyond the step', 38_754n, [], 4n],
  ['20 %: an item of 4 has 1 of tax', 46_505n, [VAT], 4n],
  ['20 %: 2 and no tax are 2, 3 and its tax are 4, so that 3 cannot be met and 13 can', 46_503n, [VAT], 11n],
  ['20 % and 5 %: the 10 that meets 13 has 2 and 1 of tax', 46_513n, [VAT, GST], 10n],
] as const)('a rounding item in tens, %s', ([, totalMinor, rates, item]) => {
  expect(roundingItem(totalMinor, { stepMinor: 10n, rates })).toBe(item);
});

test('a rate of 100 % doubles each item: an odd rest is met by none', () => {
  expect(roundingItem(46_503n, { stepMinor: 10n, rates: [1_000_000n] })).toBeNull();
  expect(roundingItem(3n, { stepMinor: 10n, rates: [] })).toBe(3n);
});

const vat = { rateId: 'txr_vat', isInclusive: false, reason: 'not_available' };
const gst = { rateId: 'txr_gst', isInclusive: false, reason: 'not_available' };
const line = (...taxes: TaxedLine['taxes']): TaxedLine => ({ netMinor: 700n, taxes });
const manual = { hasAutomaticTax: false };

test('an item that lacks a rate of the usage is named with both taxes', () => {
  expect(itemsTaxedOtherwise(line(vat, gst), [line(gst, vat), line(vat)], manual)).toMatchObject([
    { itemTaxes: 'txr_vat', usageTaxes: 'txr_gst + txr_vat' },
  ]);
  expect(itemsTaxedOtherwise(line(vat), [line()], manual)).toMatchObject([{ itemTaxes: 'no tax' }]);
  expect(itemsTaxedOtherwise(line(), [line(vat)], manual)).toMatchObject([{ usageTaxes: 'no tax' }]);
});

test('of usage that costs nothing and lists no tax nothing can be said', () => {
  expect(itemsTaxedOtherwise({ netMinor: 0n, taxes: [] }, [line(vat)], manual)).toEqual([]);
});

test('automatic taxes are compared by their reason and behaviour, not by rates that are made anew', () => {
  const automatic = { hasAutomaticTax: true };
  const standard = { rateId: 'txr_1', isInclusive: false, reason: 'standard_rated' };
  expect(itemsTaxedOtherwise(line(standard), [line({ ...standard, rateId: 'txr_2' })], automatic)).toEqual([]);
  expect(itemsTaxedOtherwise(line(standard), [line({ ...standard, isInclusive: true })], automatic)).toMatchObject([
    { itemTaxes: 'standard_rated (in the price)', usageTaxes: 'standard_rated' },
  ]);
});
