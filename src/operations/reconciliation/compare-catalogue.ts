import type { FoundPrice, FoundProduct } from '../../domain/catalogue-diff.ts';
// What was pushed and is offered, or still subscribed to, against what Stripe has of it now: a GET for each object.
import {
  meterOf,
  productOfPack,
  productOfPlan,
  type WantedPrice,
  type WantedProduct,
} from '../../domain/catalogue-objects.ts';
import type { Comparison } from '../../domain/reconciliation.ts';
import { compareCatalogue, type Pushed } from '../../domain/reconciliation/catalogue.ts';
import { currentCatalogue, fingerprintOf } from '../../storage/catalogues.ts';
import { creditUnit, listPackVersions, listPlanVersions } from '../../storage/plans.ts';
import { subscribedPlanVersions } from '../../storage/reconciliation/catalogue.ts';
import { fetchMeter, fetchPrice, fetchProduct } from '../../stripe/catalogue.ts';
import type { ReadCount } from '../../stripe/statements.ts';
import type { Deps } from '../deps.ts';

/** Finds what another hand changed of the pushed catalogue; nothing is compared before the first push. */
export async function compareCatalogueOf({ db, stripe }: Deps, count: ReadCount): Promise<Comparison> {
  const content = (await currentCatalogue(db))?.content;
  const meterId = content === undefined ? null : ((await creditUnit(db, content.unit.name))?.stripeMeterId ?? null);
  if (content === undefined || meterId === null) return { compared: 0, differences: [] };
  const offered = new Set([...content.plans, ...content.packs].map(fingerprintOf));
  const subscribed = await subscribedPlanVersions(db);
  const products = new Map<string, Pushed<WantedProduct, FoundProduct>>();
  const prices = new Map<string, Pushed<WantedPrice, FoundPrice>>();
  const look = async (
    wanted: WantedProduct,
    ids: { readonly product: string | null } & Readonly<Record<WantedPrice['use'], string | null>>,
    isOffered: boolean,
  ): Promise<void> => {
    const { product: productId } = ids;
    if (productId !== null && (isOffered || !products.has(productId))) {
      const found = products.get(productId)?.found ?? (await fetchProduct(stripe, count, productId));
      products.set(productId, { id: productId, wanted, found, offered: isOffered });
    }
    for (const price of wanted.prices) {
      const id = ids[price.use];
      if (id === null || prices.has(id)) continue;
      prices.set(id, { id, wanted: price, found: await fetchPrice(stripe, count, id), offered: isOffered });
    }
  };
  for (const version of await listPlanVersions(db)) {
    const fingerprint = fingerprintOf(version.content);
    if (!offered.has(fingerprint) && !subscribed.has(version.planVersionId)) continue;
    const { stripeProductId: product, stripeBasePriceId: base, stripeMeteredPriceId: metered } = version;
    const wanted = productOfPlan(version.content, { fingerprint, unit: content.unit });
    await look(wanted, { product, base, metered, pack: null }, offered.has(fingerprint));
  }
  for (const { content: pack, stripeProductId: product, stripePriceId } of await listPackVersions(db)) {
    const fingerprint = fingerprintOf(pack);
    if (!offered.has(fingerprint)) continue;
    await look(productOfPack(pack, fingerprint), { product, base: null, metered: null, pack: stripePriceId }, true);
  }
  const meter = await fetchMeter(stripe, count, meterId);
  return compareCatalogue({
    meter: { id: meterId, wanted: meterOf(content.unit), found: meter, offered: true },
    products: [...products.values()],
    prices: [...prices.values()],
  });
}
