import { type DraftUsage, usageOnDraft } from '../domain/draft-usage.ts';
import { pricesOnMeters } from '../storage/foreign-prices.ts';
import { planVersion } from '../storage/plans.ts';
import type { Settlement } from '../storage/settlements.ts';
import { leftPrices } from '../storage/superseded-periods.ts';
import type { InvoiceDraft } from '../stripe/invoice-drafts.ts';
import type { Deps } from './deps.ts';
import { recognisePrices } from './recognise-prices.ts';

/** The lines of a cycle's draft that bill our meter, whosever their price is. */
export async function readDraftUsage(
  deps: Deps,
  settlement: Settlement,
  draft: InvoiceDraft,
): Promise<DraftUsage & { readonly meteredPriceId: string }> {
  const { stripeMeteredPriceId } = await planVersion(deps.db, settlement.planVersionId);
  const meteredPriceId = stripeMeteredPriceId ?? '';
  await recognisePrices(deps, draft.lines);
  const onMeters = await pricesOnMeters(deps.db);
  const lines = draft.lines.filter(({ priceId, isProration }) => onMeters.has(priceId ?? '') && !isProration);
  const leftPriceIds = await leftPrices(deps.db, settlement);
  return { meteredPriceId, ...usageOnDraft(lines, { meteredPriceId, leftPriceIds }) };
}
