import { describe, expect, expectTypeOf, test } from 'vitest';

import { catalogueSchema, readCatalogue } from '../../src/contract/catalogue.ts';
import type { CatalogueFile } from '../../src/contract/catalogue.ts';
import type { Catalogue } from '../../src/domain/catalogue.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';

test('the file form and the domain type are one', () => {
  expectTypeOf<CatalogueFile>().toEqualTypeOf<Catalogue>();
  expect(readCatalogue(sampleCatalogue)).toEqual({ catalogue: sampleCatalogue });
});

const withPlan = (change: object): object => ({ ...sampleCatalogue, plans: [{ ...hybrid, ...change }] });
const withPolicy = (change: object): object => withPlan({ policy: { ...samplePolicy, ...change } });

function findingsOf(content: unknown): readonly string[] {
  const read = readCatalogue(content);
  if ('catalogue' in read) throw new Error('the file was accepted');
  return read.findings.map(({ path, code, fix }) => `${path}: ${code}: ${fix}`);
}

describe('the form refuses', () => {
  test.for<[string, unknown, string]>([
    [
      'a file that is no object',
      'hello',
      'the file: wrong_value: Write an object with unit, burnTable, plans and packs.',
    ],
    [
      'an unknown field at the top',
      { ...sampleCatalogue, coupons: [] },
      'coupons: unknown_field: Remove it, or correct its spelling.',
    ],
    [
      'an unknown field deep inside',
      withPolicy({ grace: 3 }),
      'plans[0].policy.grace: unknown_field: Remove it, or correct its spelling.',
    ],
    [
      'a price written as a number',
      withPlan({ pricePerCredit: 0.01 }),
      'plans[0].pricePerCredit: wrong_value: Write a plain decimal in quotes, such as "0.01": major units of currency per credit.',
    ],
    [
      'a price with an exponent',
      withPlan({ pricePerCredit: '1e-2' }),
      'plans[0].pricePerCredit: wrong_value: Write a plain decimal in quotes, such as "0.01": major units of currency per credit.',
    ],
    [
      'half a cent of fee',
      withPlan({ baseAmountMinor: 9900.5 }),
      'plans[0].baseAmountMinor: wrong_value: Write a whole number of minor units, such as 9900 for $99.00.',
    ],
    [
      'a word that is no choice',
      withPolicy({ zeroBalance: 'stop' }),
      "plans[0].policy.zeroBalance: wrong_value: Write 'block', 'overage', 'grace' or 'top_up'.",
    ],
    [
      'a rollover that is half said',
      withPolicy({ rollover: { capPercent: 50 } }),
      "plans[0].policy.rollover: wrong_value: Write 'none' or { capPercent, capCredits, periods, priority }.",
    ],
    [
      'an allowance of no known cycle',
      withPlan({ creditsEvery: 'week' }),
      "plans[0].creditsEvery: wrong_value: Write 'month' or 'year'.",
    ],
    [
      'a cap without a window',
      withPolicy({ caps: { member: { credits: '50' }, agent: null } }),
      "plans[0].policy.caps.member.window: missing: Write 'day', 'month' or 'period'.",
    ],
    [
      'an automatic top-up without a cap',
      withPolicy({ topUp: { pack: 'pack-10k', below: '500', coolDownMinutes: 30 } }),
      "plans[0].policy.topUp: wrong_value: Write 'none' or { pack, below, monthlyCapMinor, coolDownMinutes }.",
    ],
    ['a trial', withPolicy({ trial: '14d' }), "plans[0].policy.trial: wrong_value: Write 'none' or { days, credits }."],
    [
      'a list item of the wrong kind',
      withPlan({ features: [7] }),
      'plans[0].features[0]: wrong_value: Write a value of the documented kind.',
    ],
    [
      'a day instead of an instant',
      { ...sampleCatalogue, burnTable: [{ ...sampleCatalogue.burnTable[0], effectiveFrom: '2026-01-01' }] },
      'burnTable[0].effectiveFrom: wrong_value: Write an instant such as "2026-01-01T00:00:00Z".',
    ],
  ])('%s', ([, content, finding]) => {
    expect(findingsOf(content)).toEqual([finding]);
  });

  test.for(Object.keys(samplePolicy))('a policy that is silent about %s', (rule) => {
    const { [rule]: _left, ...rest } = samplePolicy as unknown as Record<string, unknown>;
    expect(findingsOf(withPlan({ policy: rest }))).toEqual([
      expect.stringMatching(`^plans\\[0\\]\\.policy\\.${rule}: missing: Write .+\\.$`),
    ]);
  });

  test('several faults at once, each with its place', () => {
    expect(findingsOf({ ...withPlan({ name: 7, color: 'red' }), packs: undefined })).toHaveLength(3);
  });

  test('nothing that JSON cannot say either', () => {
    expect(catalogueSchema.safeParse(JSON.parse(JSON.stringify(sampleCatalogue))).success).toBe(true);
  });
});
