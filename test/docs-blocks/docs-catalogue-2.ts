// Of docs/catalogue.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const credits: import('creditpool/client').Creditpool;
import { defineCatalogue } from 'creditpool';

export default defineCatalogue({
  unit: { name: 'credit', displayName: 'Credits', meterUnit: 'milli' },
  burnTable: [
    {
      action: 'llm.complete',
      feature: 'ai',
      effectiveFrom: '2026-01-01T00:00:00Z',
      rate: {
        per: [
          { quantity: 'input_tokens', credits: '1', each: 1000 },
          { quantity: 'output_tokens', credits: '3', each: 1000 },
        ],
      },
    },
    { action: 'report.generate', feature: 'reports', effectiveFrom: '2026-01-01T00:00:00Z', rate: { flat: '20' } },
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
      features: ['ai', 'reports'],
      policy: {
        zeroBalance: 'overage',
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
      },
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
void [credits];
export {};
