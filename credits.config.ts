// What this deployment sells. Check it with `creditpool plan validate`, see what a push would do with `plan diff`.
// Each rule is explained with its numbers in docs/catalogue.md.
import { defineCatalogue } from 'creditpool';

const policy = {
  zeroBalance: 'block',
  zeroBalanceByAction: {},
  topUp: 'none',
  overageCap: null,
  debtLimit: '0',
  includedExpiry: 'period_end',
  purchasedExpiryDays: 365,
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

const features = ['ai', 'api', 'reports'];
const effectiveFrom = '2020-01-01T00:00:00Z';

export default defineCatalogue({
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
    {
      action: 'api.call',
      feature: 'api',
      effectiveFrom,
      rate: { per: [{ quantity: 'calls', credits: '1', each: 1 }] },
    },
    { action: 'report.generate', feature: 'reports', effectiveFrom, rate: { flat: '20' } },
  ],
  plans: [
    {
      plan: 'hybrid',
      name: 'Hybrid',
      currency: 'usd',
      interval: 'month',
      creditsEvery: 'month',
      baseAmountMinor: 9900,
      includedCredits: '10000',
      pricePerCredit: '0.01',
      features,
      policy: { ...policy, zeroBalance: 'overage' },
    },
    {
      plan: 'starter',
      name: 'Starter',
      currency: 'usd',
      interval: 'month',
      creditsEvery: 'month',
      baseAmountMinor: 1900,
      includedCredits: '1000',
      pricePerCredit: '0.019',
      features,
      policy,
    },
    {
      plan: 'cost-plus',
      name: 'Cost-plus',
      currency: 'usd',
      interval: 'month',
      creditsEvery: 'month',
      baseAmountMinor: 0,
      includedCredits: '0',
      pricePerCredit: '0.008',
      features,
      policy,
    },
  ],
  packs: [
    {
      pack: 'pack-10k',
      name: '10 000 credits',
      currency: 'usd',
      credits: '10000',
      amountMinor: 8000,
      expiresAfterDays: 365,
    },
  ],
});
