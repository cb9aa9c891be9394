// The catalogue at Stripe against what was pushed, and running subscriptions against their plan's prices.
import {
  type CatalogueChange,
  type FoundMeter,
  type FoundPrice,
  type FoundProduct,
  meterChange,
  priceChange,
  productChange,
} from '../catalogue-diff.ts';
import type { WantedMeter, WantedPrice, WantedProduct } from '../catalogue-objects.ts';
import { type Comparison, type Difference, factDiffers } from '../reconciliation.ts';

/** One pushed object as Stripe has it now; null: gone. */
export interface Pushed<Wanted, Found> {
  readonly id: string;
  readonly wanted: Wanted;
  readonly found: Found | null;
  /** Sold today. An older version that customers keep may be archived, and bears the product's newer name. */
  readonly offered: boolean;
}

export interface PushedObjects {
  readonly meter: Pushed<WantedMeter, FoundMeter>;
  readonly products: readonly Pushed<WantedProduct, FoundProduct>[];
  readonly prices: readonly Pushed<WantedPrice, FoundPrice>[];
}

/** Compares what was pushed with what Stripe has. */
export function compareCatalogue({ meter, products, prices }: PushedObjects): Comparison {
  const meterId = meter.id;
  return {
    compared: 1 + products.length + prices.length,
    differences: [
      ...differs(meter, meterChange(meter.wanted, meter.found, meter.id)),
      ...products.flatMap((one) => differs(one, productChange(one.wanted, one.found, true))),
      ...prices.flatMap((one) => differs(one, priceChange(one.wanted, one.found, { known: true, meterId }))),
    ],
  };
}

function differs(
  { id, found, offered }: Pushed<object, { readonly active: boolean }>,
  { kind, key, detail, blocks }: CatalogueChange,
): readonly Difference[] {
  if (kind !== 'drift') return [];
  const facts = { ours: key, theirs: detail };
  if (found === null) return [factDiffers('catalogue_missing', id, { ...facts, theirs: null })];
  if (blocks === true) return [factDiffers('catalogue_altered', id, facts)];
  if (!offered) return [];
  return [factDiffers(found.active ? 'catalogue_renamed' : 'catalogue_archived', id, facts)];
}

/** An item of a running subscription as it was mirrored. */
export interface SubscribedItem {
  readonly itemId: string;
  readonly subscriptionId: string;
  readonly priceId: string;
  readonly meterId: string | null;
  readonly hasThreshold: boolean;
  /** Of the subscription's plan; null: it is to none of our plans. */
  readonly planPriceIds: readonly string[] | null;
}

/** Compares a customer's running subscriptions with the plans that they are to. */
export function compareSubscriptions(items: readonly SubscribedItem[], meterIds: ReadonlySet<string>): Comparison {
  const metered = items.filter(({ meterId }) => meterId !== null && meterIds.has(meterId));
  const twice = [...Map.groupBy(metered, ({ meterId }) => meterId).values()].flatMap(([first, ...others]) =>
    others.map(({ itemId, priceId }) =>
      factDiffers('subscription_metered_twice', itemId, {
        ours: first?.itemId ?? null,
        theirs: `${itemId} ${priceId}`,
      }),
    ),
  );
  const foreign = metered
    .filter(({ planPriceIds, priceId }) => planPriceIds?.includes(priceId) !== true)
    .map(({ itemId, priceId, planPriceIds }) =>
      factDiffers('subscription_price_foreign', itemId, { ours: planPriceIds?.join(' ') ?? null, theirs: priceId }),
    );
  const thresholds = [...new Set(items.filter(({ hasThreshold }) => hasThreshold).map((item) => item.subscriptionId))];
  return {
    compared: items.length,
    differences: [
      ...twice,
      ...foreign,
      ...thresholds.map((id) =>
        factDiffers('subscription_threshold', id, { ours: null, theirs: 'billing_thresholds' }),
      ),
    ],
  };
}
