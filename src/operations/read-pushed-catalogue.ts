import type { StoredRate } from '../domain/catalogue-history.ts';
import { productOfPack, productOfPlan } from '../domain/catalogue-objects.ts';
import type { WantedPrice, WantedProduct } from '../domain/catalogue-objects.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Offer, OfferVersion } from '../domain/offer-diff.ts';
import { currentCatalogue, fingerprintOf } from '../storage/catalogues.ts';
import { now } from '../storage/clock.ts';
import type { Database, Transaction } from '../storage/database.ts';
import { creditUnit, listPackVersions, listPlanVersions, listRates } from '../storage/plans.ts';

/** What this database says of earlier pushes. */
export interface PushedCatalogue {
  readonly at: Date;
  readonly unit: Catalogue['unit'] | null;
  readonly displayName: string | null;
  readonly words: Readonly<Record<string, string>>;
  readonly meterId: string | null;
  readonly rates: readonly StoredRate[];
  readonly plans: { readonly versions: readonly OfferVersion[]; readonly offered: readonly Offer[] };
  readonly packs: { readonly versions: readonly OfferVersion[]; readonly offered: readonly Offer[] };
  /** Stripe's ids by the keys of what a catalogue wants. */
  readonly productIds: ReadonlyMap<string, string>;
  readonly priceIds: ReadonlyMap<string, string>;
}

/** Reads it for a catalogue whose unit, when it is the first push, is the one that counts. */
export async function readPushedCatalogue(db: Database | Transaction, catalogue: Catalogue): Promise<PushedCatalogue> {
  const current = (await currentCatalogue(db))?.content ?? null;
  const unit = current?.unit ?? catalogue.unit;
  const row = await creditUnit(db, unit.name);
  const ids = noStripeIds();
  const plans = (await listPlanVersions(db)).map((version) => {
    const offer = { key: version.plan, version: version.version, fingerprint: fingerprintOf(version.content) };
    note(ids, productOfPlan(version.content, { ...offer, unit }), version.stripeProductId, {
      base: version.stripeBasePriceId,
      metered: version.stripeMeteredPriceId,
      pack: null,
    });
    return offer;
  });
  const packs = (await listPackVersions(db)).map((version) => {
    const offer = { key: version.pack, version: version.version, fingerprint: fingerprintOf(version.content) };
    const prices = { base: null, metered: null, pack: version.stripePriceId };
    note(ids, productOfPack(version.content, offer.fingerprint), version.stripeProductId, prices);
    return offer;
  });
  return {
    at: await now(db),
    unit: current?.unit ?? null,
    displayName: row?.displayName ?? null,
    words: current?.words ?? {},
    meterId: row?.stripeMeterId ?? null,
    rates: await listRates(db, unit.name),
    plans: { versions: plans, offered: (current?.plans ?? []).map((plan) => offered(plan.plan, plan)) },
    packs: { versions: packs, offered: (current?.packs ?? []).map((pack) => offered(pack.pack, pack)) },
    ...ids,
  };
}

function offered(key: string, content: object): Offer {
  return { key, fingerprint: fingerprintOf(content) };
}

function noStripeIds(): { productIds: Map<string, string>; priceIds: Map<string, string> } {
  return { productIds: new Map(), priceIds: new Map() };
}

function note(
  ids: ReturnType<typeof noStripeIds>,
  product: WantedProduct,
  productId: string | null,
  priceIds: Readonly<Record<WantedPrice['use'], string | null>>,
): void {
  if (productId !== null) ids.productIds.set(product.key, productId);
  for (const { key, use } of product.prices) {
    const priceId = priceIds[use];
    if (priceId !== null) ids.priceIds.set(key, priceId);
  }
}
