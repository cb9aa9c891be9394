import { saveForeignPrices, unknownPrices } from '../storage/foreign-prices.ts';
import { fetchPrice } from '../stripe/catalogue.ts';
import type { Deps } from './deps.ts';

/** Looks up at Stripe which meter each price bills that nobody knows yet: once for each price. */
export async function recognisePrices(
  { db, stripe }: Deps,
  lines: readonly { readonly priceId: string | null }[],
): Promise<void> {
  const priceIds = lines.flatMap(({ priceId }) => priceId ?? []);
  const unknown = await unknownPrices(db, priceIds);
  if (unknown.length === 0) return;
  const count = { reads: 0 };
  const found = [];
  for (const priceId of unknown) {
    const price = await fetchPrice(stripe, count, priceId);
    // One that Stripe does not show may come to be known.
    if (price !== null) found.push({ priceId, meterId: price.meterId });
  }
  await saveForeignPrices(db, found);
}
