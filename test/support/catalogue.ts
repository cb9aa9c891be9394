import type { Catalogue, Pack, Plan, Policy } from '../../src/domain/catalogue.ts';
import { METER_UNIT_MICRO } from '../../src/domain/catalogue.ts';
import {
  lockCatalogue,
  storeBurnRates,
  storeCatalogue,
  storeCreditUnit,
  storePackVersion,
  storePlanVersion,
} from '../../src/storage/catalogues.ts';
import { transaction } from '../../src/storage/database.ts';
import type { Database } from '../../src/storage/database.ts';

const LONG_AGO = '2020-01-01T00:00:00.000Z';

export const samplePolicy: Policy = {
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
};

/** $99 a month with 10 000 credits, then $0.01. */
export const hybrid: Plan = {
  plan: 'hybrid',
  name: 'Hybrid',
  currency: 'usd',
  interval: 'month',
  creditsEvery: 'month',
  baseAmountMinor: 9900,
  includedCredits: '10000',
  pricePerCredit: '0.01',
  features: ['ai', 'api', 'reports'],
  policy: samplePolicy,
};

/** 10 000 credits for $80.00. */
export const pack10k: Pack = {
  pack: 'pack-10k',
  name: '10 000 credits',
  currency: 'usd',
  credits: '10000',
  amountMinor: 8000,
  expiresAfterDays: 365,
};

export const sampleCatalogue: Catalogue = {
  unit: { name: 'credit', displayName: 'Credits', meterUnit: 'milli' },
  burnTable: [
    {
      action: 'llm.complete',
      feature: 'ai',
      effectiveFrom: LONG_AGO,
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
      effectiveFrom: LONG_AGO,
      rate: { per: [{ quantity: 'calls', credits: '1', each: 1 }] },
    },
    { action: 'report.generate', feature: 'reports', effectiveFrom: LONG_AGO, rate: { flat: '20' } },
  ],
  plans: [hybrid],
  packs: [pack10k],
};

/** A catalogue as a push leaves it in the database, with made-up Stripe ids: for tests that need no Stripe. */
export async function storeSampleCatalogue(
  database: Database,
  { catalogue = sampleCatalogue, at = new Date(LONG_AGO) }: { catalogue?: Catalogue; at?: Date } = {},
): Promise<void> {
  const { name: unit, displayName, meterUnit } = catalogue.unit;
  const newId = (): string => crypto.randomUUID();
  await transaction(database, async (trx) => {
    await lockCatalogue(trx);
    await storeCreditUnit(trx, {
      unit,
      displayName,
      meterUnitMicro: METER_UNIT_MICRO[meterUnit],
      eventName: `creditpool_${unit}_${meterUnit}`,
      stripeMeterId: `mtr_${unit}`,
      at,
    });
    for (const content of catalogue.plans) {
      await storePlanVersion(trx, {
        planVersionId: newId(),
        unit,
        content,
        stripeProductId: `prod_${content.plan}`,
        stripeBasePriceId: content.baseAmountMinor === 0 ? null : `price_${content.plan}_base`,
        stripeMeteredPriceId: `price_${content.plan}_metered`,
        at,
      });
    }
    for (const content of catalogue.packs) {
      await storePackVersion(trx, {
        packVersionId: newId(),
        unit,
        content,
        stripeProductId: `prod_${content.pack}`,
        stripePriceId: `price_${content.pack}`,
        at,
      });
    }
    await storeBurnRates(trx, { unit, rows: catalogue.burnTable, newId, at });
    await storeCatalogue(trx, { catalogueId: newId(), content: catalogue, at });
  });
}
