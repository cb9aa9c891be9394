import { meterChange, priceChange, productChange } from '../domain/catalogue-diff.ts';
import type { CatalogueChange } from '../domain/catalogue-diff.ts';
import { lintHistory } from '../domain/catalogue-history.ts';
import { meterOf, productOfPack, productOfPlan } from '../domain/catalogue-objects.ts';
import type { WantedMeter, WantedPrice, WantedProduct } from '../domain/catalogue-objects.ts';
// Looks at a catalogue from all sides before anything is written: the linter, what this database pushed, what Stripe has.
import type { Catalogue } from '../domain/catalogue.ts';
import { offerChanges, rateChanges, unitChange } from '../domain/offer-diff.ts';
import type { Refused } from '../domain/rejection.ts';
import { fingerprintOf } from '../storage/catalogues.ts';
import { findMeter, listKeyedProducts, listPrices } from '../stripe/catalogue.ts';
import type { MeterFacts, PriceFacts, ProductFacts } from '../stripe/catalogue.ts';
import type { StripeGateway } from '../stripe/gateway.ts';
import type { Deps } from './deps.ts';
import { readPushedCatalogue } from './read-pushed-catalogue.ts';
import type { PushedCatalogue } from './read-pushed-catalogue.ts';
import { lintRefusal, validateCatalogue } from './validate-catalogue.ts';

export interface Survey {
  /** In its normal form. */
  readonly catalogue: Catalogue;
  readonly changes: readonly CatalogueChange[];
  readonly meter: { readonly wanted: WantedMeter; readonly found: MeterFacts | null };
  readonly products: readonly SurveyedProduct[];
}

export interface SurveyedProduct {
  readonly wanted: WantedProduct;
  readonly found: ProductFacts | null;
  readonly prices: readonly { readonly wanted: WantedPrice; readonly found: PriceFacts | null }[];
}

/** Reads only. Refused with the findings of the linter; failures of Stripe are thrown. */
export async function surveyCatalogue({ db, stripe }: Deps, file: Catalogue): Promise<Survey | Refused> {
  const validated = validateCatalogue(file);
  if ('rejected' in validated) return validated;
  const { catalogue } = validated;
  const pushed = await readPushedCatalogue(db, catalogue);
  const findings = [...lintHistory(catalogue, pushed)];
  if (findings.length > 0) return lintRefusal(findings);

  const wantedMeter = meterOf(catalogue.unit);
  const meter = { wanted: wantedMeter, found: await findMeter(stripe, wantedMeter.eventName) };
  const products = await surveyProducts(stripe, productsOf(catalogue), pushed);
  const meterId = meter.found?.meterId ?? null;
  const changes = [
    unitChange(catalogue, pushed),
    ...rateChanges(catalogue.burnTable, pushed.rates),
    ...offerChanges(
      'plan',
      catalogue.plans.map((plan) => ({ key: plan.plan, fingerprint: fingerprintOf(plan) })),
      pushed.plans,
    ),
    ...offerChanges(
      'pack',
      catalogue.packs.map((pack) => ({ key: pack.pack, fingerprint: fingerprintOf(pack) })),
      pushed.packs,
    ),
    meterChange(wantedMeter, meter.found, pushed.meterId),
    ...products.flatMap((product) => productChanges(product, { pushed, meterId })),
  ];
  return { catalogue, changes, meter, products };
}

function productsOf({ unit, plans, packs }: Catalogue): readonly WantedProduct[] {
  return [
    ...plans.map((plan) => productOfPlan(plan, { fingerprint: fingerprintOf(plan), unit })),
    ...packs.map((pack) => productOfPack(pack, fingerprintOf(pack))),
  ];
}

/** What this database pushed is known by Stripe's id; anything else is looked for by its key, to be adopted. */
async function surveyProducts(
  stripe: StripeGateway,
  wanted: readonly WantedProduct[],
  { productIds, priceIds }: PushedCatalogue,
): Promise<readonly SurveyedProduct[]> {
  const keyed = await listKeyedProducts(stripe);
  const surveyed: SurveyedProduct[] = [];
  for (const product of wanted) {
    const productId = productIds.get(product.key);
    const isIt = (each: ProductFacts): boolean =>
      productId === undefined ? each.key === product.key : each.productId === productId;
    const found = keyed.find(isIt) ?? null;
    const listed = found === null ? [] : await listPrices(stripe, found.productId);
    const prices = product.prices.map((price) => {
      const priceId = priceIds.get(price.key);
      const isPrice = (each: PriceFacts): boolean =>
        priceId === undefined ? each.key === price.key : each.priceId === priceId;
      return { wanted: price, found: listed.find(isPrice) ?? null };
    });
    surveyed.push({ wanted: product, found, prices });
  }
  return surveyed;
}

function productChanges(
  { wanted, found, prices }: SurveyedProduct,
  { pushed, meterId }: { pushed: PushedCatalogue; meterId: string | null },
): readonly CatalogueChange[] {
  return [
    productChange(wanted, found, pushed.productIds.has(wanted.key)),
    ...prices.map((price) =>
      priceChange(price.wanted, price.found, { known: pushed.priceIds.has(price.wanted.key), meterId }),
    ),
  ];
}
