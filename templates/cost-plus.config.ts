// Cost-plus packs: nothing is included, packs are bought, and work stops at zero.
// 10 000 credits for $80.00; a credit is worth $0.008.
// Check it with `creditpool plan validate`; each rule is explained with its numbers in docs/catalogue.md.
import { defineCatalogue } from 'creditpool';

const policy = {
  zeroBalance: 'block', // when the credits run out
  zeroBalanceByAction: {},
  topUp: 'none',
  overageCap: null,
  debtLimit: '0',
  includedExpiry: 'period_end',
  purchasedExpiryDays: 365, // bought credits live for a year
  rollover: 'none', // what is left does not outlive its period
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
  unpaid: 'continue', // a renewal works while its invoice is unpaid
  cancel: { purchased: 'keep' },
  reversals: { creditedFee: 'keep', lostDispute: 'write_off', voidedInvoice: 'keep_consumed' },
  gate: 'hold',
  alerts: {
    thresholdsPercent: [75, 90],
    expiringDays: [30, 7, 1],
    runawayFactor: null,
    silenceHours: null,
    daysLeft: null,
  }, // customers hear of it before it is over
  trial: 'none',
} as const;

// A rate counts from here on. To change one, add a row of the same action with a later date.
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
      plan: 'cost-plus',
      name: 'Cost-plus',
      currency: 'usd',
      interval: 'month',
      creditsEvery: 'month',
      baseAmountMinor: 0,
      includedCredits: '0',
      pricePerCredit: '0.008',
      features: ['ai', 'api', 'reports'],
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
  words: {
    'llm.complete': 'a completion',
    'api.call': 'an API call',
    'report.generate': 'a report',
    input_tokens: 'input tokens',
    output_tokens: 'output tokens',
    calls: 'calls',
  },
});
