import { describe, expect, test } from 'vitest';

import { lintCatalogue } from '../../src/domain/catalogue-lint.ts';
import type {
  AlertRules,
  BurnRate,
  Catalogue,
  Pack,
  Plan,
  Policy,
  RateRule,
  RateTier,
} from '../../src/domain/catalogue.ts';
import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';

/** Where and what; each with whole sentences of what is wrong and what to write instead. */
const say = (catalogue: Catalogue): string[] =>
  lintCatalogue(catalogue).map(({ path, code, message, fix }) => {
    expect([message, fix]).toEqual([expect.stringMatching(/^\S.{10,}\.$/s), expect.stringMatching(/^[A-Z].{3,}\.$/s)]);
    return `${path}: ${code}`;
  });
const plan = (change: Partial<Plan>): Catalogue => ({ ...sampleCatalogue, plans: [{ ...hybrid, ...change }] });
const policy = (change: Partial<Policy>): Catalogue => plan({ policy: { ...samplePolicy, ...change } });
const pack = (change: Partial<Pack>): Catalogue => ({ ...sampleCatalogue, packs: [{ ...pack10k, ...change }] });
const unit = (change: Partial<Catalogue['unit']>): Catalogue => ({
  ...sampleCatalogue,
  unit: { ...sampleCatalogue.unit, ...change },
});
const rate = (burnRate: BurnRate): Catalogue => row({ rate: burnRate });
const row = (change: object): Catalogue => {
  const [first, ...rest] = sampleCatalogue.burnTable;
  if (first === undefined) throw new Error('the sample has rates');
  return { ...sampleCatalogue, burnTable: [{ ...first, ...change }, ...rest] };
};
const per = (change: object): Catalogue =>
  rate({ per: [{ quantity: 'input_tokens', credits: '1', each: 1000, ...change }] });

test('the sample catalogue has nothing to complain about', () => {
  expect(lintCatalogue(sampleCatalogue)).toEqual([]);
});

test('a finding says where, what and how to put it right', () => {
  expect(lintCatalogue(policy({ zeroBalance: 'block', overageCap: '500' }))).toEqual([
    {
      path: 'plans[0].policy.overageCap',
      code: 'contradiction',
      message: "There is no overage to cap when zeroBalance is 'block'.",
      fix: "Write overageCap: null, or zeroBalance: 'overage'.",
    },
  ]);
});

describe('the credit unit', () => {
  test.for<[string, Catalogue, string[]]>([
    ['has a lower-case name', unit({ name: 'Credit' }), ['unit.name: bad_key']],
    ['is not named like a currency', unit({ name: 'usd' }), ['unit.name: unit_is_currency']],
    ['has a display name', unit({ displayName: ' ' }), ['unit.displayName: bad_name']],
    ['has a short display name', unit({ displayName: 'x'.repeat(201) }), ['unit.displayName: bad_name']],
  ])('%s', ([, catalogue, expected]) => expect(say(catalogue)).toEqual(expected));
});

describe('the burn table', () => {
  const large: RateRule = { when: { model: 'large' }, rate: { flat: '2' } };
  const tier = (...steps: [number | null, string][]): RateTier => ({
    quantity: 'calls',
    each: 1,
    steps: steps.map(([upTo, credits]) => ({ upTo, credits })),
  });
  const [first] = sampleCatalogue.burnTable;
  test.for<[string, Catalogue, string[]]>([
    [
      'has a row',
      { ...sampleCatalogue, burnTable: [] },
      ['burnTable: no_rate', ...[0, 1, 2].map((index) => `plans[0].features[${index}]: unknown_feature`)],
    ],
    ['names its actions in small letters', row({ action: 'LLM complete' }), ['burnTable[0].action: bad_key']],
    [
      'names its features in small letters',
      row({ feature: 'AI' }),
      ['burnTable[0].feature: bad_key', 'plans[0].features[0]: unknown_feature'],
    ],
    ['begins in our time', row({ effectiveFrom: '0026-01-01T00:00:00Z' }), ['burnTable[0].effectiveFrom: bad_instant']],
    ['has readable instants', row({ effectiveFrom: 'soon' }), ['burnTable[0].effectiveFrom: bad_instant']],
    [
      'ends before our grandchildren',
      row({ effectiveFrom: '2200-01-01T00:00:00Z' }),
      ['burnTable[0].effectiveFrom: bad_instant'],
    ],
    [
      'has one row for an action and instant, however the instant is spelt',
      {
        ...sampleCatalogue,
        burnTable: [...sampleCatalogue.burnTable, { ...first!, effectiveFrom: '2020-01-01T01:00:00+01:00' }],
      },
      ['burnTable[3].effectiveFrom: duplicate'],
    ],
    ['is not silent about the price', rate({}), ['burnTable[0].rate: silent_rate']],
    ['is not silent by an empty list', rate({ per: [] }), ['burnTable[0].rate: silent_rate']],
    ['may say that an action is free', rate({ flat: '0' }), []],
    ['has flat amounts of credits', rate({ flat: '0.0000001' }), ['burnTable[0].rate.flat: bad_decimal']],
    ['has no minimum for a flat rate', rate({ flat: '2', minimum: '3' }), ['burnTable[0].rate.minimum: contradiction']],
    [
      'has minimums that are amounts of credits',
      rate({ per: [{ quantity: 'calls', credits: '1', each: 1 }], minimum: '9223372036855' }),
      ['burnTable[0].rate.minimum: bad_decimal'],
    ],
    [
      'names each quantity once',
      rate({
        per: [
          { quantity: 'calls', credits: '1', each: 1 },
          { quantity: 'calls', credits: '2', each: 1 },
        ],
      }),
      ['burnTable[0].rate.per[1].quantity: duplicate'],
    ],
    [
      'names quantities in small letters',
      per({ quantity: 'inputTokens' }),
      ['burnTable[0].rate.per[0].quantity: bad_key'],
    ],
    [
      'has prices of at most twelve places',
      per({ credits: '0.0000000000001' }),
      ['burnTable[0].rate.per[0].credits: bad_decimal'],
    ],
    ['has a step above zero', per({ each: 0 }), ['burnTable[0].rate.per[0].each: out_of_range']],
    ['has a step below a million millions', per({ each: 1e12 + 1 }), ['burnTable[0].rate.per[0].each: out_of_range']],
    ['may price by steps', rate({ tiers: [tier([1000, '1'], [null, '0.5'])] }), []],
    [
      'prices every quantity by its steps',
      rate({ tiers: [tier([1000, '1'])] }),
      ['burnTable[0].rate.tiers[0].steps: open_tiers'],
    ],
    ['has steps', rate({ tiers: [tier()] }), ['burnTable[0].rate.tiers[0].steps: open_tiers']],
    [
      'has rising steps',
      rate({ tiers: [tier([1000, '1'], [1000, '0.8'], [null, '0.5'])] }),
      ['burnTable[0].rate.tiers[0].steps[1].upTo: contradiction'],
    ],
    [
      'has one step without end',
      rate({ tiers: [tier([null, '1'], [null, '0.5'])] }),
      ['burnTable[0].rate.tiers[0].steps[0].upTo: contradiction'],
    ],
    [
      'has prices of steps that can be read',
      rate({ tiers: [tier([null, '0.0000000000001'])] }),
      ['burnTable[0].rate.tiers[0].steps[0].credits: bad_decimal'],
    ],
    [
      'prices a quantity by steps or by one price',
      rate({ per: [{ quantity: 'calls', credits: '1', each: 1 }], tiers: [tier([null, '1'])] }),
      ['burnTable[0].rate.tiers[0].quantity: duplicate'],
    ],
    [
      'prices a quantity by one list of steps',
      rate({ tiers: [tier([null, '1']), tier([null, '1'])] }),
      ['burnTable[0].rate.tiers[1].quantity: duplicate'],
    ],
    ['may ask for dimensions', rate({ rules: [large], otherwise: 'refuse' }), []],
    [
      'may ask for an outcome',
      rate({ rules: [{ when: { outcome: 'resolved' }, rate: { flat: '20' } }], otherwise: 'free' }),
      [],
    ],
    ['may have rules beside a plain rate', rate({ flat: '1', rules: [large], otherwise: 'rate' }), []],
    ['says what no rule matches costs', rate({ rules: [large] }), ['burnTable[0].rate.otherwise: silent_rate']],
    [
      'has something else only beside rules',
      rate({ flat: '1', otherwise: 'free' }),
      ['burnTable[0].rate.otherwise: contradiction'],
    ],
    [
      'has a plain rate that applies',
      rate({ flat: '1', rules: [large], otherwise: 'free' }),
      ['burnTable[0].rate.otherwise: contradiction'],
    ],
    [
      'has the plain rate that it falls back to',
      rate({ rules: [large], otherwise: 'rate' }),
      ['burnTable[0].rate: silent_rate'],
    ],
    [
      'has rules if it has a list of them',
      rate({ rules: [], otherwise: 'free' }),
      ['burnTable[0].rate.rules: out_of_range'],
    ],
    [
      'has rules that name a dimension',
      rate({ rules: [{ ...large, when: {} }], otherwise: 'free' }),
      ['burnTable[0].rate.rules[0].when: contradiction'],
    ],
    [
      'has rules that name a value',
      rate({ rules: [{ ...large, when: { model: [] } }], otherwise: 'free' }),
      ['burnTable[0].rate.rules[0].when.model: out_of_range'],
    ],
    [
      'names each value once',
      rate({ rules: [{ ...large, when: { model: ['large', 'large'] } }], otherwise: 'free' }),
      ['burnTable[0].rate.rules[0].when.model[1]: duplicate'],
    ],
    [
      'names dimensions in small letters',
      rate({ rules: [{ ...large, when: { Model: 'large' } }], otherwise: 'free' }),
      ['burnTable[0].rate.rules[0].when.Model: bad_key'],
    ],
    [
      'has no rule that an earlier one takes everything from',
      rate({
        rules: [
          { ...large, when: { model: ['large', 'huge'] } },
          { ...large, when: { model: 'large', region: 'eu' } },
        ],
        otherwise: 'free',
      }),
      ['burnTable[0].rate.rules[1]: contradiction'],
    ],
    [
      'may have a narrow rule before a wide one',
      rate({ rules: [{ ...large, when: { model: 'large', region: 'eu' } }, large], otherwise: 'free' }),
      [],
    ],
    [
      'is not silent in a rule',
      rate({ rules: [{ ...large, rate: {} }], otherwise: 'free' }),
      ['burnTable[0].rate.rules[0].rate: silent_rate'],
    ],
  ])('%s', ([, catalogue, expected]) => expect(say(catalogue)).toEqual(expected));
});

describe('a plan', () => {
  const SHARE = 'plans[0].includedSharePercent';
  const shared = (change: Partial<Plan>, rules: Partial<Policy> = {}): Catalogue =>
    plan({ includedSharePercent: 50, policy: { ...samplePolicy, planChange: 'at_renewal', ...rules }, ...change });
  const priced = (pricePerCredit: string, meterUnit: Catalogue['unit']['meterUnit'], currency = 'usd'): Catalogue => ({
    ...unit({ meterUnit }),
    plans: [{ ...hybrid, pricePerCredit, currency }],
    packs: [{ ...pack10k, currency }],
  });
  test.for<[string, Catalogue, string[]]>([
    ['exists', { ...sampleCatalogue, plans: [], packs: [] }, ['plans: no_plan']],
    ['is there once', { ...sampleCatalogue, plans: [hybrid, hybrid] }, ['plans[1].plan: duplicate']],
    ['has a key that Stripe can keep', plan({ plan: 'Hybrid Plan' }), ['plans[0].plan: bad_key']],
    ['has a name', plan({ name: '' }), ['plans[0].name: bad_name']],
    [
      'has a currency',
      priced('0.01', 'milli', 'usb'),
      ['plans[0].currency: unknown_currency', 'packs[0].currency: unknown_currency'],
    ],
    ['may be priced in yen', { ...priced('1.5', 'milli', 'jpy') }, []],
    ['may be priced in dinars', { ...priced('0.0035', 'milli', 'kwd') }, []],
    [
      'is not priced in krónur, which Stripe rounds unseen',
      priced('1.5', 'milli', 'isk'),
      ['plans[0].currency: unsupported_currency', 'packs[0].currency: unsupported_currency'],
    ],
    [
      'has a dinar fee that ends in 0',
      {
        ...priced('0.0035', 'milli', 'kwd'),
        plans: [{ ...hybrid, currency: 'kwd', pricePerCredit: '0.0035', baseAmountMinor: 30_001 }],
      },
      ['plans[0].baseAmountMinor: uneven_amount'],
    ],
    ['has no negative fee', plan({ baseAmountMinor: -1 }), ['plans[0].baseAmountMinor: out_of_range']],
    ['has a fee that can be charged', plan({ baseAmountMinor: 1e12 }), ['plans[0].baseAmountMinor: out_of_range']],
    ['may have no fee', plan({ baseAmountMinor: 0 }), []],
    [
      'has no credits of a year for a fee of a month',
      plan({ creditsEvery: 'year' }),
      ['plans[0].creditsEvery: contradiction'],
    ],
    ['may have monthly credits under a yearly fee', plan({ interval: 'year' }), []],
    ['may have a fee and credits of a year', plan({ interval: 'year', creditsEvery: 'year' }), []],
    ['may allocate a share of its fee to its credits', shared({}), []],
    ['may allocate none', plan({ includedSharePercent: 0 }), []],
    ['allocates no more than its fee', shared({ includedSharePercent: 101 }), [`${SHARE}: out_of_range`]],
    ['allocates a share of a fee', shared({ baseAmountMinor: 0 }), [`${SHARE}: contradiction`]],
    ['allocates a share to credits', shared({ includedCredits: '0' }), [`${SHARE}: contradiction`]],
    ['allocates none of a yearly fee to monthly credits', shared({ interval: 'year' }), [`${SHARE}: contradiction`]],
    ['allocates none to members', shared({}, { pooling: 'member' }), [`${SHARE}: contradiction`]],
    ['allocates none to new seats', shared({}, { seats: { add: 'prorated' } }), [`${SHARE}: contradiction`]],
    ['allocates none to who comes in mid-period', shared({}, { planChange: 'at_once' }), [`${SHARE}: contradiction`]],
    [
      'includes an amount of credits',
      plan({ includedCredits: '0.0000001' }),
      ['plans[0].includedCredits: bad_decimal'],
    ],
    [
      'has a price that can be read',
      plan({ pricePerCredit: '0.0000000000001' }),
      ['plans[0].pricePerCredit: bad_decimal'],
    ],
    ['has credits of some worth', plan({ pricePerCredit: '0.00' }), ['plans[0].pricePerCredit: worthless_credit']],
    ['may cost one minor unit a meter unit', priced('0.01', 'credit'), []],
    [
      'costs at most one minor unit a meter unit',
      priced('0.02', 'credit'),
      ['plans[0].pricePerCredit: price_too_coarse'],
    ],
    [
      'costs at most one minor unit a milli-credit',
      priced('10.01', 'milli'),
      ['plans[0].pricePerCredit: price_too_coarse'],
    ],
    ['has a meter price of twelve places', priced('0.00000001', 'micro'), []],
    [
      'has no meter price of thirteen places',
      priced('0.000000001', 'micro'),
      ['plans[0].pricePerCredit: price_too_fine'],
    ],
    ['allows a feature', plan({ features: [] }), ['plans[0].features: no_feature']],
    ['allows features that exist', plan({ features: ['ai', 'video'] }), ['plans[0].features[1]: unknown_feature']],
    ['allows each feature once', plan({ features: ['ai', 'ai'] }), ['plans[0].features[1]: duplicate']],
    [
      'that includes nothing and blocks at zero needs a pack in its currency',
      { ...plan({ includedCredits: '0', policy: { ...samplePolicy, zeroBalance: 'block' } }), packs: [] },
      ['plans[0].includedCredits: no_credits'],
    ],
    [
      'that includes nothing may live on packs',
      plan({ includedCredits: '0', policy: { ...samplePolicy, zeroBalance: 'block' } }),
      [],
    ],
  ])('%s', ([, catalogue, expected]) => expect(say(catalogue)).toEqual(expected));
});

describe('a policy', () => {
  const rollover = { capPercent: 50, capCredits: null, periods: 1, priority: null };
  const alerts = (change: Partial<AlertRules>): Catalogue => policy({ alerts: { ...samplePolicy.alerts, ...change } });
  const topUp = { pack: 'pack-10k', below: '500', monthlyCapMinor: 50_000, coolDownMinutes: 30 };
  test.for<[string, Catalogue, string[]]>([
    ['caps overage above zero', policy({ overageCap: '0' }), ['plans[0].policy.overageCap: contradiction']],
    ['may cap overage', policy({ overageCap: '5000' }), []],
    [
      'caps only overage',
      policy({ zeroBalance: 'grace', debtLimit: '5', overageCap: '10' }),
      ['plans[0].policy.overageCap: contradiction'],
    ],
    ['gives grace up to a bound', policy({ zeroBalance: 'grace' }), ['plans[0].policy.debtLimit: contradiction']],
    ['has a debt limit in credits', policy({ debtLimit: '0.0000001' }), ['plans[0].policy.debtLimit: bad_decimal']],
    [
      'has an expiry of a day or more',
      { ...policy({ purchasedExpiryDays: 0 }), packs: [] },
      ['plans[0].policy.purchasedExpiryDays: out_of_range'],
    ],
    ['may let credits roll over', policy({ rollover }), []],
    [
      'rolls over a share',
      policy({ rollover: { ...rollover, capPercent: 0 } }),
      ['plans[0].policy.rollover.capPercent: out_of_range'],
    ],
    [
      'rolls over for some periods',
      policy({ rollover: { ...rollover, periods: 121 } }),
      ['plans[0].policy.rollover.periods: out_of_range'],
    ],
    [
      'rolls over only what expires',
      policy({ rollover, includedExpiry: 'never' }),
      ['plans[0].policy.rollover: contradiction'],
    ],
    [
      'rolls over only what is included',
      plan({ includedCredits: '0', policy: { ...samplePolicy, rollover } }),
      ['plans[0].policy.rollover: contradiction'],
    ],
    [
      'transfers only between pools',
      policy({ transfers: 'within_customer' }),
      ['plans[0].policy.transfers: contradiction'],
    ],
    ['may transfer between the pools of members', policy({ pooling: 'member', transfers: 'within_customer' }), []],
    [
      'holds for a second or more',
      policy({ hold: { ttlSeconds: 0, excess: 'clip' } }),
      ['plans[0].policy.hold.ttlSeconds: out_of_range'],
    ],
    [
      'holds for a day at most',
      policy({ hold: { ttlSeconds: 86_401, excess: 'clip' } }),
      ['plans[0].policy.hold.ttlSeconds: out_of_range'],
    ],
    [
      'freezes after a day or more',
      policy({ unpaid: { freezeAfterDays: 0 } }),
      ['plans[0].policy.unpaid.freezeAfterDays: out_of_range'],
    ],
    ['may wait for the payment', policy({ unpaid: 'on_paid' }), []],
    [
      'alerts at rising thresholds',
      alerts({ thresholdsPercent: [80, 50] }),
      ['plans[0].policy.alerts.thresholdsPercent[1]: contradiction'],
    ],
    [
      'alerts at each threshold once',
      alerts({ thresholdsPercent: [80, 80] }),
      ['plans[0].policy.alerts.thresholdsPercent[1]: contradiction'],
    ],
    [
      'alerts above nothing',
      alerts({ thresholdsPercent: [-1] }),
      [
        'plans[0].policy.alerts.thresholdsPercent[0]: out_of_range',
        'plans[0].policy.alerts.thresholdsPercent[0]: contradiction',
      ],
    ],
    ['may have no alerts', alerts({ thresholdsPercent: [] }), []],
    [
      'says the longest notice first',
      alerts({ expiringDays: [1, 7] }),
      ['plans[0].policy.alerts.expiringDays[1]: contradiction'],
    ],
    ['may give notice of what expires', alerts({ expiringDays: [30, 7, 1] }), []],
    [
      'calls twice the usual a runaway at least',
      alerts({ runawayFactor: 1 }),
      ['plans[0].policy.alerts.runawayFactor: out_of_range'],
    ],
    [
      'listens for an hour at least',
      alerts({ silenceHours: 0 }),
      ['plans[0].policy.alerts.silenceHours: out_of_range'],
    ],
    ['looks a day ahead at least', alerts({ daysLeft: 0 }), ['plans[0].policy.alerts.daysLeft: out_of_range']],
    [
      'has rules for actions that are in the plan',
      policy({ zeroBalanceByAction: { 'gpu.minute': 'block' } }),
      ['plans[0].policy.zeroBalanceByAction.gpu.minute: unknown_action'],
    ],
    [
      'has no rule for an action that says the same',
      policy({ zeroBalanceByAction: { 'api.call': 'overage' } }),
      ['plans[0].policy.zeroBalanceByAction.api.call: duplicate'],
    ],
    [
      'may cap the overage of one action',
      policy({ zeroBalance: 'block', overageCap: '50', zeroBalanceByAction: { 'api.call': 'overage' } }),
      [],
    ],
    [
      'gives one action grace up to a bound',
      policy({ zeroBalanceByAction: { 'api.call': 'grace' } }),
      ['plans[0].policy.debtLimit: contradiction'],
    ],
    ['tops up by a pack', policy({ zeroBalance: 'top_up' }), ['plans[0].policy.topUp: contradiction']],
    ['may top up', policy({ zeroBalance: 'top_up', topUp }), []],
    [
      'tops up by a pack that is sold',
      policy({ topUp: { ...topUp, pack: 'pack-20k' } }),
      ['plans[0].policy.topUp.pack: unknown_pack'],
    ],
    [
      'may buy one pack a month at least',
      policy({ topUp: { ...topUp, monthlyCapMinor: 7_999 } }),
      ['plans[0].policy.topUp.monthlyCapMinor: contradiction'],
    ],
    [
      'waits between two top-ups',
      policy({ topUp: { ...topUp, coolDownMinutes: 0 } }),
      ['plans[0].policy.topUp.coolDownMinutes: out_of_range'],
    ],
    [
      'tops up below an amount of credits',
      policy({ topUp: { ...topUp, below: '0.0000001' } }),
      ['plans[0].policy.topUp.below: bad_decimal'],
    ],
    [
      'rolls over more than nothing',
      policy({ rollover: { ...rollover, capCredits: '0' } }),
      ['plans[0].policy.rollover.capCredits: contradiction'],
    ],
    [
      'rolls over up to a cap',
      policy({ rollover: { ...rollover, capPercent: null } }),
      ['plans[0].policy.rollover: contradiction'],
    ],
    [
      'lets bought credits live as long as the allowance takes to renew',
      { ...policy({ purchasedExpiryDays: 30 }), packs: [{ ...pack10k, expiresAfterDays: 30 }] },
      ['plans[0].policy.purchasedExpiryDays: contradiction'],
    ],
    [
      'counts a year until a yearly allowance renews',
      {
        ...plan({ interval: 'year', creditsEvery: 'year', policy: { ...samplePolicy, purchasedExpiryDays: 300 } }),
        packs: [],
      },
      ['plans[0].policy.purchasedExpiryDays: contradiction'],
    ],
    [
      'may sell credits for a fortnight where there is no allowance to renew',
      {
        ...plan({ includedCredits: '0', policy: { ...samplePolicy, purchasedExpiryDays: 14 } }),
        packs: [{ ...pack10k, expiresAfterDays: 14 }],
      },
      [],
    ],
    [
      'has something that a new seat brings at once',
      plan({ includedCredits: '0', policy: { ...samplePolicy, seats: { add: 'prorated' } } }),
      ['plans[0].policy.seats.add: contradiction'],
    ],
    [
      'draws rolled credits at a priority that lots have',
      policy({ rollover: { ...rollover, priority: 101 } }),
      ['plans[0].policy.rollover.priority: out_of_range'],
    ],
    [
      'caps a member above zero',
      policy({ caps: { member: { credits: '0', window: 'day' }, agent: null } }),
      ['plans[0].policy.caps.member.credits: contradiction'],
    ],
    [
      'caps an agent in credits',
      policy({ caps: { member: null, agent: { credits: '0.0000001', window: 'period' } } }),
      ['plans[0].policy.caps.agent.credits: bad_decimal'],
    ],
  ])('%s', ([, catalogue, expected]) => {
    expect(say(catalogue).filter((finding) => !finding.endsWith('rule_not_kept'))).toEqual(expected);
  });
});

describe('words for customers', () => {
  const words = { 'llm.complete': 'a completion', 'api.call': 'an API call', 'report.generate': 'a report' };
  test.for<[string, Record<string, string>, string[]]>([
    ['name every action', words, []],
    ['may name quantities', { ...words, input_tokens: 'input tokens' }, []],
    ['leave out none', { 'api.call': 'a call' }, ['words.llm.complete: missing', 'words.report.generate: missing']],
    ['name nothing that is not priced', { ...words, 'video.render': 'a video' }, ['words.video.render: unknown_name']],
    ['are words', { ...words, 'api.call': ' ' }, ['words.api.call: bad_name']],
  ])('%s', ([, named, expected]) => expect(say({ ...sampleCatalogue, words: named })).toEqual(expected));
});

describe('a rule that this version does not keep is refused, whatever it says', () => {
  test.for<[string, Partial<Policy>]>([['gate', { gate: 'release' }]])('%s', ([rule, change]) => {
    expect(say(policy(change))).toEqual([`plans[0].policy.${rule}: rule_not_kept`]);
  });
});

describe('a pack', () => {
  const never: Partial<Policy> = { purchasedExpiryDays: null };
  test.for<[string, Catalogue, string[]]>([
    ['is there once', { ...sampleCatalogue, packs: [pack10k, pack10k] }, ['packs[1].pack: duplicate']],
    ['has a key', pack({ pack: '10k' }), ['packs[0].pack: bad_key']],
    ['has a name without white space around it', pack({ name: 'Pack ' }), ['packs[0].name: bad_name']],
    ['has credits', pack({ credits: '0' }), ['packs[0]: empty_pack']],
    ['has credits that can be read', pack({ credits: '1.0000001' }), ['packs[0].credits: bad_decimal']],
    ['has a price', pack({ amountMinor: 0 }), ['packs[0]: empty_pack']],
    ['has no negative price', pack({ amountMinor: -8000 }), ['packs[0].amountMinor: out_of_range']],
    ['is sold in the currency of a plan', pack({ currency: 'eur' }), ['packs[0].currency: no_plan_in_currency']],
    [
      'expires after a day or more',
      pack({ expiresAfterDays: 0 }),
      ['packs[0].expiresAfterDays: out_of_range', 'packs[0].expiresAfterDays: contradiction'],
    ],
    ['expires as the policy says', pack({ expiresAfterDays: 90 }), ['packs[0].expiresAfterDays: contradiction']],
    [
      'never expires only if the policy says so',
      pack({ expiresAfterDays: null }),
      ['packs[0].expiresAfterDays: contradiction'],
    ],
    ['may never expire', { ...policy(never), packs: [{ ...pack10k, expiresAfterDays: null }] }, []],
  ])('%s', ([, catalogue, expected]) => expect(say(catalogue)).toEqual(expected));
});
