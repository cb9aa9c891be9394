import { creditPrice, worthUp } from '../domain/credit-price.ts';
import { periodToReshape, reaches, RESHAPE_FROM_MS, RESHAPE_UNTIL_MS } from '../domain/grant-reshaping.ts';
import { now as clock } from '../storage/clock.ts';
import { openGrants } from '../storage/credit-grants.ts';
import { transaction } from '../storage/database.ts';
import { periodNeeds, poolsToReshape, projectedPool } from '../storage/grant-needs.ts';
import { outboxMessage, requestTrueUp, unfinishedMessages } from '../storage/outbox.ts';
import { termsOf } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';

type Pool = Awaited<ReturnType<typeof poolsToReshape>>[number];

/**
 * Asks for new grants where a period is about to end with overage and the grants that its invoice would take are not
 * worth what lots paid. Again and again up to the last minute, since use goes on. Answers how many pools it asked for.
 */
export async function reshapeGrants(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  const at = await clock(deps.db);
  const window = { now: at, fromMs: RESHAPE_FROM_MS, untilMs: RESHAPE_UNTIL_MS };
  let asked = 0;
  for (const pool of await poolsToReshape(deps.db, { ...window, limit })) {
    const cause = await causeToReshape(deps, pool, at);
    if (cause === null) continue;
    await transaction(deps.db, (trx) =>
      requestTrueUp(trx, pool, { poolId: pool.poolId, causeEntryId: cause, now: at }),
    );
    asked += 1;
  }
  return asked;
}

/** One request a minute for each state of things, so that a pool that cannot be helped is not asked for endlessly. */
async function causeToReshape({ db }: Deps, pool: Pool, at: Date): Promise<string | null> {
  const projected = await projectedPool(db, pool, pool.poolId);
  const period = periodToReshape(await periodNeeds(db, pool, pool.poolId), at);
  if (projected === null || period === null) return null;
  // What is on its way may fit already.
  if ((await unfinishedMessages(db, pool, { queue: 'grants' })).length > 0) return null;
  const { currency, pricePerCredit } = await termsOf(db, projected.planVersionId);
  const eligible = (await openGrants(db, pool, pool.poolId))
    .filter((grant) => grant.meteredPriceId === projected.meteredPriceId && reaches(grant, period.endsAt))
    .reduce((sum, { leftMinor }) => sum + leftMinor, 0n);
  if (eligible === worthUp(creditPrice(currency, pricePerCredit), period.paidMicro)) return null;
  const cause = `reshape/${period.billingPeriodId}/${at.toISOString().slice(0, 16)}/${period.paidMicro}/${eligible}`;
  return (await isAsked(db, pool, cause)) ? null : cause;
}

async function isAsked(db: Deps['db'], pool: Pool, cause: string): Promise<boolean> {
  return (await outboxMessage(db, pool, `true_up/${cause}/${pool.poolId}`)) !== null;
}
