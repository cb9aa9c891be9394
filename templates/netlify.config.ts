// The shape of Netlify's plans: a deploy costs 15 of 300 credits, and everything else draws on the same ones.
// At zero new deploys are refused and what runs finishes.
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
      action: 'api.call',
      feature: 'api',
      effectiveFrom,
      rate: { per: [{ quantity: 'calls', credits: '1', each: 1 }] },
    },
    { action: 'deploy.run', feature: 'deploys', effectiveFrom, rate: { flat: '15' } },
  ],
  plans: [
    {
      plan: 'deploys',
      name: 'Deploys',
      currency: 'usd',
      interval: 'month',
      creditsEvery: 'month',
      baseAmountMinor: 0,
      includedCredits: '300',
      pricePerCredit: '0.01',
      features: ['deploys', 'api'],
      policy,
    },
  ],
  packs: [],
  words: {
    'api.call': 'an API call',
    'deploy.run': 'a deploy',
    calls: 'calls',
  },
});
