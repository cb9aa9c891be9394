// What the simulated year sells: plans with every way to run out of credits, packs, and a rate that changes in July.
import { defineCatalogue } from '../../src/domain/catalogue.ts';

const policy = {
  zeroBalance: 'overage',
  zeroBalanceByAction: {},
  topUp: 'none',
  overageCap: null,
  debtLimit: '0',
  includedExpiry: 'period_end',
  purchasedExpiryDays: 90,
  rollover: 'none',
  pooling: 'customer',
  whoMayDraw: 'anyone',
  seats: { add: 'at_renewal' },
  caps: { member: null, agent: null },
  transfers: 'none',
  paydown: true,
  hold: { ttlSeconds: 900, excess: 'allow' },
  lateUsage: 'next_period',
  eventCreditsMax: null,
  planChange: 'at_once',
  unpaid: 'continue',
  cancel: { purchased: 'keep' },
  reversals: { creditedFee: 'keep', lostDispute: 'write_off', voidedInvoice: 'keep_consumed' },
  gate: 'hold',
  alerts: { thresholdsPercent: [], expiringDays: [], runawayFactor: null, silenceHours: null, daysLeft: null },
  trial: 'none',
} as const;

const features = ['ai', 'reports'];
const monthly = { currency: 'usd', interval: 'month', creditsEvery: 'month', features } as const;
const effectiveFrom = '2020-01-01T00:00:00Z';

export const catalogue = defineCatalogue({
  unit: { name: 'credit', displayName: 'Credits', meterUnit: 'milli' },
  burnTable: [
    {
      action: 'llm.complete',
      feature: 'ai',
      effectiveFrom,
      rate: {
        per: [
          { quantity: 'input_tokens', credits: '1', each: 1000 },
          { quantity: 'output_tokens', credits: '3', each: 1000 },
        ],
      },
    },
    { action: 'report.generate', feature: 'reports', effectiveFrom, rate: { flat: '20' } },
    { action: 'report.generate', feature: 'reports', effectiveFrom: '2025-07-01T00:00:00Z', rate: { flat: '25' } },
  ],
  plans: [
    {
      ...monthly,
      plan: 'hybrid',
      name: 'Hybrid',
      baseAmountMinor: 9900,
      includedCredits: '10000',
      pricePerCredit: '0.01',
      policy,
    },
    {
      ...monthly,
      plan: 'hybrid-plus',
      name: 'Hybrid Plus',
      baseAmountMinor: 19_900,
      includedCredits: '24000',
      pricePerCredit: '0.009',
      policy,
    },
    {
      ...monthly,
      plan: 'rolling',
      name: 'Rolling',
      baseAmountMinor: 4900,
      includedCredits: '4000',
      pricePerCredit: '0.0125',
      policy: { ...policy, rollover: { capPercent: 50, capCredits: null, periods: 1, priority: null } },
    },
    {
      ...monthly,
      plan: 'seats',
      name: 'Seats',
      baseAmountMinor: 2900,
      includedCredits: '800',
      pricePerCredit: '0.035',
      policy: { ...policy, seats: { add: 'prorated' } },
    },
    {
      ...monthly,
      plan: 'cost-plus',
      name: 'Cost-plus',
      baseAmountMinor: 0,
      includedCredits: '0',
      pricePerCredit: '0.008',
      policy: { ...policy, zeroBalance: 'block', debtLimit: '1000000' },
    },
    {
      ...monthly,
      plan: 'top-up',
      name: 'Top-up',
      baseAmountMinor: 1900,
      includedCredits: '1500',
      pricePerCredit: '0.01',
      policy: {
        ...policy,
        zeroBalance: 'top_up',
        debtLimit: '1000000',
        topUp: { pack: 'pack-5k', below: '1000', monthlyCapMinor: 13_500, coolDownMinutes: 30 },
      },
    },
  ],
  packs: [
    {
      pack: 'pack-5k',
      name: '5 000 credits',
      currency: 'usd',
      credits: '5000',
      amountMinor: 4500,
      expiresAfterDays: 90,
    },
    {
      pack: 'pack-10k',
      name: '10 000 credits',
      currency: 'usd',
      credits: '10000',
      amountMinor: 7999,
      expiresAfterDays: 90,
    },
  ],
});
