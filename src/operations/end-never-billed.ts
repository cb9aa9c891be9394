import { endNeverBilled } from '../storage/billed-periods.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { requestTrueUp } from '../storage/outbox.ts';
import type { Deps } from './deps.ts';

/**
 * A subscription that another hand ended without an invoice leaves a period that nobody will ever bill. Where nothing was
 * metered in it, it is final after the days that Stripe may wait, and its grants are made to fit; where something was, a
 * variance asks for a person (`usage_never_billed`). Returns how many.
 */
export async function endNeverBilledPeriods(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  return transaction(deps.db, async (trx) => {
    const now = await clock(trx);
    const ended = await endNeverBilled(trx, { now, limit });
    for (const { billingPeriodId, poolId, ...key } of ended) {
      await requestTrueUp(trx, key, { poolId, causeEntryId: `unbilled/${billingPeriodId}`, now });
    }
    return ended.length;
  });
}
