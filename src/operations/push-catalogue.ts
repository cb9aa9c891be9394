import type { CatalogueChange } from '../domain/catalogue-diff.ts';
import { lintHistory } from '../domain/catalogue-history.ts';
import { meterOf, productOfPack, productOfPlan } from '../domain/catalogue-objects.ts';
// Stripe's objects first, our rows last: a push that dies half-way has rows for nothing that Stripe lacks, and the next
// one finds by their keys what the first one made.
import type { Catalogue } from '../domain/catalogue.ts';
import { METER_UNIT_MICRO } from '../domain/catalogue.ts';
import { refuse } from '../domain/rejection.ts';
import type { Refused } from '../domain/rejection.ts';
import {
  fingerprintOf,
  lockCatalogue,
  storeBurnRates,
  storeCatalogue,
  storeCreditUnit,
  storePackVersion,
  storePlanVersion,
} from '../storage/catalogues.ts';
import { transaction } from '../storage/database.ts';
import type { Transaction } from '../storage/database.ts';
import { invalidateRates } from '../storage/plans.ts';
import { createMeter, createPrice, createProduct, reactivate, renameProduct } from '../stripe/catalogue.ts';
import type { StripeGateway } from '../stripe/gateway.ts';
import type { Deps } from './deps.ts';
import { readPushedCatalogue } from './read-pushed-catalogue.ts';
import { stripeRefusal } from './stripe-refusal.ts';
import { surveyCatalogue } from './survey-catalogue.ts';
import type { Survey, SurveyedProduct } from './survey-catalogue.ts';
import { lintRefusal } from './validate-catalogue.ts';

export interface PushedChanges {
  readonly changes: readonly CatalogueChange[];
  /** false when everything was there already */
  readonly pushed: boolean;
}

/**
 * Creates or adopts at Stripe what the catalogue needs and records the versions. The same catalogue again does nothing;
 * objects of ours that were archived or renamed are put right; what cannot be put right refuses the whole push.
 */
export async function pushCatalogue(deps: Deps, file: Catalogue): Promise<PushedChanges | Refused> {
  try {
    const survey = await surveyCatalogue(deps, file);
    if ('rejected' in survey) return survey;
    const { changes } = survey;
    const blocking = changes.filter(({ blocks }) => blocks === true);
    if (blocking.length > 0) {
      const [first] = blocking.map(({ object, key, detail }) => `${object} ${key} ${detail}`);
      return refuse('stripe_refused', `Stripe's objects differ in a way no push can mend: ${first}.`, {
        details: blocking,
      });
    }
    if (changes.every(({ kind }) => kind === 'unchanged')) return { changes, pushed: false };
    const ids = await writeToStripe(deps.stripe, survey);
    const stored = await transaction(deps.db, async (trx) => storeSurveyed(deps, trx, survey.catalogue, ids));
    invalidateRates(deps.db);
    return stored ?? { changes, pushed: true };
  } catch (error) {
    return stripeRefusal(error);
  }
}

interface StripeIds {
  readonly meterId: string;
  /** Product and price ids by our keys. */
  readonly byKey: ReadonlyMap<string, string>;
}

async function writeToStripe(stripe: StripeGateway, { meter, products }: Survey): Promise<StripeIds> {
  const { meterId, active } = meter.found ?? (await createMeter(stripe, meter.wanted));
  if (!active) await reactivate(stripe, { object: 'meter', id: meterId });
  const byKey = new Map<string, string>();
  for (const product of products) {
    const productId = await writeProduct(stripe, product);
    byKey.set(product.wanted.key, productId);
    for (const { wanted, found } of product.prices) {
      const price = found ?? (await createPrice(stripe, { productId, meterId, price: wanted }));
      if (!price.active) await reactivate(stripe, { object: 'price', id: price.priceId });
      byKey.set(wanted.key, price.priceId);
    }
  }
  return { meterId, byKey };
}

async function writeProduct(stripe: StripeGateway, { wanted, found }: SurveyedProduct): Promise<string> {
  const { productId, active, made, name } = found ?? (await createProduct(stripe, wanted));
  if (!active) await reactivate(stripe, { object: 'product', id: productId });
  if (made && name !== wanted.name) await renameProduct(stripe, productId, wanted.name);
  return productId;
}

/** Null when stored. Another push may have been faster, so history is read again under the lock. */
async function storeSurveyed(
  { newId }: Deps,
  trx: Transaction,
  catalogue: Catalogue,
  { meterId, byKey }: StripeIds,
): Promise<Refused | null> {
  await lockCatalogue(trx);
  const pushed = await readPushedCatalogue(trx, catalogue);
  const findings = [...lintHistory(catalogue, pushed)];
  if (findings.length > 0) return lintRefusal(findings);
  const { at } = pushed;
  const { unit } = catalogue;
  await storeCreditUnit(trx, {
    unit: unit.name,
    displayName: unit.displayName,
    meterUnitMicro: METER_UNIT_MICRO[unit.meterUnit],
    eventName: meterOf(unit).eventName,
    stripeMeterId: meterId,
    at,
  });
  for (const content of catalogue.plans) {
    const product = productOfPlan(content, { fingerprint: fingerprintOf(content), unit });
    const priceId = (use: string): string | null =>
      byKey.get(product.prices.find((price) => price.use === use)?.key ?? '') ?? null;
    await storePlanVersion(trx, {
      planVersionId: newId(),
      unit: unit.name,
      content,
      stripeProductId: byKey.get(product.key) ?? null,
      stripeBasePriceId: priceId('base'),
      stripeMeteredPriceId: priceId('metered'),
      at,
    });
  }
  for (const content of catalogue.packs) {
    const product = productOfPack(content, fingerprintOf(content));
    await storePackVersion(trx, {
      packVersionId: newId(),
      unit: unit.name,
      content,
      stripeProductId: byKey.get(product.key) ?? null,
      stripePriceId: byKey.get(product.prices[0]?.key ?? '') ?? null,
      at,
    });
  }
  await storeBurnRates(trx, { unit: unit.name, rows: catalogue.burnTable, newId, at });
  await storeCatalogue(trx, { catalogueId: newId(), content: catalogue, at });
  return null;
}
