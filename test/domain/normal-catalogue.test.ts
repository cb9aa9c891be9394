import { expect, test } from 'vitest';

import { canonicalJson } from '../../src/domain/canonical-json.ts';
import type { Catalogue } from '../../src/domain/catalogue.ts';
import { normalCatalogue } from '../../src/domain/normal-catalogue.ts';
import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';

const [llm, api, report] = sampleCatalogue.burnTable;

test('one offer in other words has the same normal form', () => {
  const inOtherWords: Catalogue = {
    packs: [{ ...pack10k, credits: '10000.000' }],
    plans: [
      {
        ...hybrid,
        pricePerCredit: '0.010',
        includedCredits: '10000.0',
        features: ['reports', 'api', 'ai'],
        policy: { ...samplePolicy, debtLimit: '0.00' },
      },
    ],
    burnTable: [
      { ...report!, rate: { flat: '20.0' } },
      {
        ...llm!,
        effectiveFrom: '2020-01-01T01:00:00+01:00',
        rate: {
          per: [
            { quantity: 'output_tokens', each: 1000, credits: '3.0' },
            { quantity: 'input_tokens', each: 1000, credits: '1.00' },
          ],
        },
      },
      api!,
    ],
    unit: sampleCatalogue.unit,
  };
  expect(canonicalJson(normalCatalogue(inOtherWords))).toBe(canonicalJson(normalCatalogue(sampleCatalogue)));
});

test('two rows of one action are listed by their instants', () => {
  const later = { ...api!, effectiveFrom: '2027-01-01T00:00:00.000Z' };
  const normal = normalCatalogue({ ...sampleCatalogue, burnTable: [later, api!] });
  expect(normal.burnTable).toEqual([api, later]);
});

test('a cap and a minimum are shortened, what cannot be read stays for the linter', () => {
  const normal = normalCatalogue({
    ...sampleCatalogue,
    burnTable: [{ ...api!, rate: { minimum: '1.10', per: [{ quantity: 'calls', credits: '1e3', each: 1 }] } }],
    plans: [{ ...hybrid, policy: { ...samplePolicy, overageCap: '500.50' } }],
  });
  expect(normal.burnTable[0]?.rate).toEqual({ minimum: '1.1', per: [{ quantity: 'calls', credits: '1e3', each: 1 }] });
  expect(normal.plans[0]?.policy.overageCap).toBe('500.5');
});

test('canonical JSON sorts keys, leaves out what is undefined and keeps the order of lists', () => {
  expect(canonicalJson({ b: [2, 1, null], a: { d: undefined, c: 'x' } })).toBe('{"a":{"c":"x"},"b":[2,1,null]}');
});

test('rules keep their order, steps and amounts are shortened, a list of one value is that value', () => {
  const normal = normalCatalogue({
    ...sampleCatalogue,
    burnTable: [
      {
        ...api!,
        rate: {
          rules: [
            { when: { model: ['large'], region: ['us', 'eu'] }, rate: { flat: '2.0' } },
            {
              when: { model: 'small' },
              rate: { tiers: [{ quantity: 'calls', each: 1, steps: [{ upTo: null, credits: '0.50' }] }] },
            },
          ],
          otherwise: 'free',
        },
      },
    ],
    plans: [
      {
        ...hybrid,
        policy: {
          ...samplePolicy,
          topUp: { pack: 'pack-10k', below: '500.0', monthlyCapMinor: 50_000, coolDownMinutes: 30 },
          rollover: { capPercent: null, capCredits: '10.0', periods: 1, priority: null },
          caps: { member: { credits: '5.0', window: 'day' }, agent: null },
        },
      },
    ],
  });
  expect(normal.burnTable[0]?.rate).toEqual({
    rules: [
      { when: { model: 'large', region: ['eu', 'us'] }, rate: { flat: '2' } },
      {
        when: { model: 'small' },
        rate: { tiers: [{ quantity: 'calls', each: 1, steps: [{ upTo: null, credits: '0.5' }] }] },
      },
    ],
    otherwise: 'free',
  });
  expect(normal.plans[0]?.policy).toMatchObject({
    topUp: { below: '500' },
    rollover: { capCredits: '10' },
    caps: { member: { credits: '5' }, agent: null },
  });
});
