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
  readonly unit: string | null;
  /** Of the subscription's plan; null: it is to none of our plans. */
  readonly planPriceIds: readonly string[] | null;
}

/** Compares a customer's running subscriptions with the plans that they are to. */
export function compareSubscriptions(items: readonly SubscribedItem[], meterIds: ReadonlySet<string>): Comparison {
  const metered = items.filter(({ meterId }) => meterId !== null && meterIds.has(meterId));
  const isOfPlan = ({ planPriceIds, priceId }: SubscribedItem): boolean => planPriceIds?.includes(priceId) === true;
  // The one that is meant stands first.
  const ordered = [...metered.filter(isOfPlan), ...metered.filter((item) => !isOfPlan(item))];
  const twice = [...Map.groupBy(ordered, ({ meterId }) => meterId).values()].flatMap(([first, ...others]) =>
    others.map(({ itemId, priceId }) =>
      factDiffers('subscription_metered_twice', itemId, {
        ours: first?.itemId ?? null,
        theirs: `${itemId} ${priceId}`,
      }),
    ),
  );
  const foreign = metered
    .filter((item) => !isOfPlan(item))
    .map(({ itemId, priceId, planPriceIds }) =>
      factDiffers('subscription_price_foreign', itemId, { ours: planPriceIds?.join(' ') ?? null, theirs: priceId }),
    );
  const counting = new Set(metered.map(({ subscriptionId }) => subscriptionId));
  const beside = [...Map.groupBy(items, ({ unit }) => unit)].flatMap(([unit, ofUnit]) =>
    unit === null ? [] : notFollowed([...new Set(ofUnit.map(({ subscriptionId }) => subscriptionId))], counting),
  );
  const thresholds = [...new Set(items.filter(({ hasThreshold }) => hasThreshold).map((item) => item.subscriptionId))];
  return {
    compared: items.length,
    differences: [
      ...twice,
      ...foreign,
      ...beside.map(({ id, followed }) =>
        factDiffers('subscription_not_followed', id, { ours: followed, theirs: 'it has no metered price' }),
      ),
      ...thresholds.map((id) =>
        factDiffers('subscription_threshold', id, { ours: null, theirs: 'billing_thresholds' }),
      ),
    ],
  };
}

/** Of a customer's subscriptions to the plans of a unit, oldest first, those without the meter that stand beside another. */
function notFollowed(
  ids: readonly string[],
  counting: ReadonlySet<string>,
): readonly { readonly id: string; readonly followed: string }[] {
  const followed = ids.findLast((id) => counting.has(id)) ?? ids.at(-1);
  return followed === undefined
    ? []
    : ids.filter((id) => id !== followed && !counting.has(id)).map((id) => ({ id, followed }));
}
