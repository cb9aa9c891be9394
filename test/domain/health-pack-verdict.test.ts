// What a month comes to. A share is in hundredths of a percent; each threshold is looked at below, at and above it.
import { describe, expect, test } from 'vitest';

import type {
  BalanceHealth,
  Exceptions,
  FeatureMargin,
  Margins,
  Predictability,
} from '../../src/domain/health-pack/facts.ts';
import type { Section } from '../../src/domain/health-pack/section.ts';
import { evaluateTriggers, readyCohorts, type TriggerFacts } from '../../src/domain/health-pack/triggers.ts';
import type { KnownCost, Unregistered } from '../../src/domain/health-pack/unregistered.ts';
import { type VerdictFacts, verdictOf } from '../../src/domain/health-pack/verdict.ts';

const told = <Data>(data: Data): Section<Data> => ({ kind: 'data', data });
const missing = { kind: 'not_enough_data', because: 'nothing happened', have: 0, need: 1 } as const;

const cohort = { plan: 'team', customers: 10, stable: 0, credits: 1_000n, topAction: 'api.call', topCredits: 0n };
const quiet: TriggerFacts = { cohorts: [cohort], customers: 100, complaints: 0, invoices: 100, strained: 0 };
const bills = (customers: number, moved: number): Section<Predictability> =>
  told({ customers, moved, movedShare: null, most: [] });

describe('a trigger is hit at its threshold and not below; with too little it says what is missing', () => {
  const never = 'no plan has 5 customers with use in each of 3 months; the most is 4';
  test.for<[string, Partial<TriggerFacts>, Section<Predictability>, bigint | null, boolean | null, string | null]>([
    ['stable_use', { cohorts: [{ ...cohort, customers: 10, stable: 5 }] }, missing, 5_000n, false, null],
    ['stable_use', { cohorts: [{ ...cohort, customers: 10, stable: 6 }] }, missing, 6_000n, true, null],
    ['stable_use', { cohorts: [{ ...cohort, customers: 10, stable: 7 }] }, missing, 7_000n, true, null],
    ['stable_use', { cohorts: [{ ...cohort, customers: 5, stable: 3 }] }, missing, 6_000n, true, null],
    ['stable_use', { cohorts: [{ ...cohort, customers: 4, stable: 4 }] }, missing, null, null, never],
    ['stable_use', { cohorts: [] }, missing, null, null, never.replace('4', '0')],
    ['explainable_metric', { cohorts: [{ ...cohort, topCredits: 799n }] }, missing, 7_990n, false, null],
    ['explainable_metric', { cohorts: [{ ...cohort, topCredits: 800n }] }, missing, 8_000n, true, null],
    ['explainable_metric', { cohorts: [{ ...cohort, topCredits: 801n }] }, missing, 8_010n, true, null],
    ['explainable_metric', { cohorts: [{ ...cohort, customers: 4 }] }, missing, null, null, never],
    [
      'explainable_metric',
      { cohorts: [{ ...cohort, credits: 0n }] },
      missing,
      null,
      null,
      'there is nothing to take a share of',
    ],
    ['opaque_credits', { complaints: 4 }, missing, 400n, false, null],
    ['opaque_credits', { complaints: 5 }, missing, 500n, true, null],
    ['opaque_credits', { complaints: 6 }, missing, 600n, true, null],
    ['opaque_credits', { customers: 10, complaints: 1 }, missing, 1_000n, true, null],
    [
      'opaque_credits',
      { customers: 9, complaints: 9 },
      missing,
      null,
      null,
      '9 customers used credits in the month, it takes 10',
    ],
    ['reconciliation_strain', { strained: 1 }, missing, 100n, false, null],
    ['reconciliation_strain', { strained: 2 }, missing, 200n, true, null],
    ['reconciliation_strain', { strained: 3 }, missing, 300n, true, null],
    ['reconciliation_strain', { invoices: 10, strained: 0 }, missing, 0n, false, null],
    [
      'reconciliation_strain',
      { invoices: 9, strained: 9 },
      missing,
      null,
      null,
      '9 cycle invoices in the month, it takes 10',
    ],
    ['unpredictable_bills', {}, bills(100, 29), 2_900n, false, null],
    ['unpredictable_bills', {}, bills(100, 30), 3_000n, true, null],
    ['unpredictable_bills', {}, bills(100, 31), 3_100n, true, null],
    ['unpredictable_bills', {}, missing, null, null, 'nothing happened'],
  ])('%s of %o is %s', ([key, facts, predictability, value, hit, because]) => {
    const trigger = evaluateTriggers({ ...quiet, ...facts }, predictability).find((one) => one.key === key);
    expect(trigger).toMatchObject({ value, hit, because });
  });

  test.for([
    ['both', 6, 800n, ['team']],
    ['stable use alone', 6, 799n, []],
    ['one metric alone', 5, 800n, []],
  ] as const)('a plan is ready to leave credits with %s', ([, stable, topCredits, plans]) => {
    const other = { ...cohort, plan: 'other', stable: 10, topCredits: 1n };
    const triggers = evaluateTriggers({ ...quiet, cohorts: [{ ...cohort, stable, topCredits }, other] }, missing);
    expect(readyCohorts(triggers).map(({ plan }) => plan)).toEqual(plans);
  });
});

const sound: FeatureMargin = {
  feature: 'ai',
  uses: 10,
  credits: 10n,
  cost: 5n,
  billed: 10n,
  unallocated: 0n,
  free: 0n,
  gap: 5n,
  margin: 5_000n,
  previousMargin: 5_000n,
  underWater: false,
  drifted: false,
  belowTarget: false,
};
const margins = (features: readonly FeatureMargin[]): Section<Margins> =>
  told({
    currency: 'usd',
    features,
    total: sound,
    actions: [],
    models: [],
    customers: [],
    usesWithoutCost: 0,
    notConverted: [],
  });
const balances = (of: Partial<BalanceHealth>): Section<BalanceHealth> =>
  told({
    pools: 10,
    depletedEarly: 0,
    neverUsed: 0,
    daysToZeroMedian: null,
    daysToZero: [],
    expired: 0n,
    ended: 100n,
    expiryShare: 0n,
    ...of,
  });
const goodwill = (...credits: readonly bigint[]): Section<Exceptions> =>
  told({
    goodwill: { cases: 0, credits: 0n, previous: 0n },
    goodwillByMonth: credits.map((of, at) => ({ month: `2026-0${at + 1}`, credits: of, cases: 1 })),
    creditNotes: [],
    adjustments: [],
    overLimit: { asked: 0, approved: 0, refused: 0, waiting: 0 },
  });
const stranger = (state: Unregistered['state'], costs: readonly KnownCost[]): Unregistered => ({
  kind: 'model',
  name: 'text-9',
  state,
  owner: null,
  firstSeenAt: new Date('2026-06-01T00:00:00Z'),
  customerId: null,
  customerName: null,
  uses: 1,
  costs,
  months: [],
});
const well: VerdictFacts = {
  hadUse: true,
  margins: margins([sound]),
  balances: balances({}),
  exceptions: goodwill(10n, 10n, 10n),
  triggers: evaluateTriggers(quiet, bills(100, 0)),
  unregistered: [],
  reviewsDue: [],
};

describe('the verdict', () => {
  const ready = evaluateTriggers({ ...quiet, cohorts: [{ ...cohort, stable: 10, topCredits: 900n }] }, missing);
  const nothing = { ...well, hadUse: false, margins: missing, balances: missing, exceptions: missing };
  const cannotTell = evaluateTriggers({ ...quiet, cohorts: [], customers: 1, invoices: 1 }, missing);
  const underWater = margins([{ ...sound, underWater: true, drifted: true, belowTarget: true, gap: -3n }]);
  test.for<[string, VerdictFacts, string, readonly string[]]>([
    ['keep: everything was looked at and nothing was found', well, 'keep', []],
    [
      'keep: a single check is enough to say so',
      { ...nothing, hadUse: true, exceptions: well.exceptions, triggers: cannotTell },
      'keep',
      [],
    ],
    [
      'not enough data: nothing was used, so that nobody complained says nothing',
      { ...nothing, exceptions: goodwill(0n, 0n, 0n), triggers: cannotTell },
      'not enough data',
      [],
    ],
    ['not enough data: no check could be made', { ...nothing, triggers: cannotTell }, 'not enough data', []],
    [
      'adjust: a finding where no check could be made',
      { ...nothing, triggers: cannotTell, reviewsDue: ['a review'] },
      'adjust',
      ['review_due'],
    ],
    ['migrate: a plan is ready', { ...well, triggers: ready }, 'migrate', ['cohort_ready']],
    [
      'migrate: a plan that is ready weighs more than a loss',
      { ...well, triggers: ready, margins: underWater },
      'migrate',
      ['cohort_ready', 'under_water'],
    ],
    [
      'adjust: a feature under water, which is not told again as below target or moved',
      { ...well, margins: underWater },
      'adjust',
      ['under_water'],
    ],
    [
      'adjust: a feature below target',
      { ...well, margins: margins([{ ...sound, belowTarget: true, drifted: true }]) },
      'adjust',
      ['below_target'],
    ],
    [
      'adjust: a margin that moved',
      { ...well, margins: margins([{ ...sound, drifted: true }]) },
      'adjust',
      ['margin_drift'],
    ],
    ['adjust: a stranger', { ...well, unregistered: [stranger('open', [])] }, 'adjust', ['unregistered']],
    [
      'adjust: a blocked one that was used',
      { ...well, unregistered: [stranger('blocked', [])] },
      'adjust',
      ['blocked_use'],
    ],
    [
      'keep: 49 % of the pools empty early',
      { ...well, balances: balances({ pools: 100, depletedEarly: 49 }) },
      'keep',
      [],
    ],
    [
      'adjust: half of the pools empty early',
      { ...well, balances: balances({ pools: 100, depletedEarly: 50 }) },
      'adjust',
      ['depleted_early'],
    ],
    [
      'adjust: more than half',
      { ...well, balances: balances({ pools: 100, depletedEarly: 51 }) },
      'adjust',
      ['depleted_early'],
    ],
    ['keep: 49.99 % expire unused', { ...well, balances: balances({ expiryShare: 4_999n }) }, 'keep', []],
    [
      'adjust: half expires unused',
      { ...well, balances: balances({ expiryShare: 5_000n }) },
      'adjust',
      ['expiring_unused'],
    ],
    ['adjust: more than half', { ...well, balances: balances({ expiryShare: 5_001n }) }, 'adjust', ['expiring_unused']],
    ['keep: nothing ended', { ...well, balances: balances({ expiryShare: null }) }, 'keep', []],
    ['keep: goodwill of 14 after a mean of 10', { ...well, exceptions: goodwill(5n, 15n, 14n) }, 'keep', []],
    [
      'adjust: goodwill of 15 after a mean of 10',
      { ...well, exceptions: goodwill(5n, 15n, 15n) },
      'adjust',
      ['goodwill_rising'],
    ],
    [
      'adjust: goodwill of 16 after a mean of 10',
      { ...well, exceptions: goodwill(5n, 15n, 16n) },
      'adjust',
      ['goodwill_rising'],
    ],
    ['adjust: goodwill after none', { ...well, exceptions: goodwill(0n, 0n, 1n) }, 'adjust', ['goodwill_rising']],
    ['keep: no goodwill after none', { ...well, exceptions: goodwill(0n, 0n, 0n) }, 'keep', []],
    ['keep: one month before is too few to tell a rise', { ...well, exceptions: goodwill(1n, 100n) }, 'keep', []],
    ['keep: no month at all', { ...well, exceptions: goodwill() }, 'keep', []],
  ])('%s', ([, facts, word, keys]) => {
    const { findings, ...verdict } = verdictOf(facts);
    expect([verdict.word, findings.map(({ key }) => key)]).toEqual([word, keys]);
  });

  test('says how many checks could be made: three sections, and each trigger', () => {
    expect(verdictOf(well)).toMatchObject({ told: 8, asked: 8 });
    expect(verdictOf({ ...nothing, triggers: cannotTell })).toMatchObject({ told: 0, asked: 8 });
  });

  test('every trigger of everybody that is hit is a finding, the weightiest first', () => {
    const strained = { ...quiet, complaints: 10, strained: 10 };
    const { findings } = verdictOf({ ...well, triggers: evaluateTriggers(strained, bills(10, 10)) });
    expect(findings.map(({ key, value }) => [key, value])).toEqual([
      ['reconciliation_strain', 1_000n],
      ['opaque_credits', 1_000n],
      ['unpredictable_bills', 10_000n],
    ]);
  });
});
