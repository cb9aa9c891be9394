// Usage with a credit wrapper: raw quantities stay visible, credits give them one price.
// 2 000 credits are included, then $0.02 a credit.
// Check it with `creditpool plan validate`; each rule is explained with its numbers in docs/catalogue.md.
import { defineCatalogue } from 'creditpool';

const policy = {
  zeroBalance: 'overage', // when the credits run out
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
          { quantity: 'output_tokens', credits: '4', each: 1000 },
        ],
      },
    },
    {
      action: 'gpu.run',
      feature: 'ai',
      effectiveFrom,
      rate: { per: [{ quantity: 'minutes', credits: '1', each: 1 }] },
    },
    {
      action: 'text.embed',
      feature: 'ai',
      effectiveFrom,
      rate: { per: [{ quantity: 'tokens', credits: '0.1', each: 1000 }] },
    },
  ],
  plans: [
    {
      plan: 'wrapper',
      name: 'Usage',
      currency: 'usd',
      interval: 'month',
      creditsEvery: 'month',
      baseAmountMinor: 0,
      includedCredits: '2000',
      pricePerCredit: '0.02',
      features: ['ai'],
      policy,
    },
  ],
  packs: [],
  words: {
    'llm.complete': 'a completion',
    'gpu.run': 'a GPU run',
    'text.embed': 'an embedding',
    input_tokens: 'input tokens',
    output_tokens: 'output tokens',
    minutes: 'GPU minutes',
    tokens: 'embedded tokens',
  },
});
