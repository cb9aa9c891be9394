import { markPeriodFinal, neverBilledPeriods } from '../storage/billed-periods.ts';
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
  const ended = await neverBilledPeriods(deps.db, { now: await clock(deps.db), limit });
  for (const { billingPeriodId, poolId, ...key } of ended) {
    await transaction(deps.db, async (trx) => {
      await markPeriodFinal(trx, key, billingPeriodId);
      await requestTrueUp(trx, key, { poolId, causeEntryId: `unbilled/${billingPeriodId}`, now: await clock(trx) });
    });
  }
  return ended.length;
}
