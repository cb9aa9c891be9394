import type { CustomerKey } from '../domain/customer.ts';
import { now } from '../storage/clock.ts';
import { openGrants, setGrantState } from '../storage/credit-grants.ts';
import { lockCustomer, readCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import { requestTrueUp } from '../storage/outbox.ts';
import { poolsOf } from '../storage/pools.ts';
import { grantsThere } from '../stripe/statements.ts';
import type { Deps } from './deps.ts';

export interface AskedTrueUp {
  readonly pools: number;
  /** Grants that another hand had voided or ended at Stripe. */
  readonly endedThere: readonly string[];
}

/**
 * Makes a customer's credit grants at Stripe fit the lots again, whoever changed them there: what was ended by another
 * hand is noted as ended, and a true-up grants what is missing. Asked again it changes nothing.
 */
export async function askForTrueUp(deps: Deps, customer: CustomerKey): Promise<AskedTrueUp> {
  const stripeCustomerId = (await readCustomer(deps.db, customer))?.stripeCustomerId ?? null;
  const pools = await poolsOf(deps.db, customer, null);
  if (stripeCustomerId === null || pools === null) return { pools: 0, endedThere: [] };
  const there = new Map(
    (await grantsThere(deps.stripe, { reads: 0 }, stripeCustomerId)).map((grant) => [grant.stripeGrantId, grant]),
  );
  return transaction(deps.db, async (trx) => {
    await lockCustomer(trx, customer);
    const at = await now(trx);
    const endedThere: string[] = [];
    for (const { creditGrantId, stripeGrantId } of await openGrants(trx, customer)) {
      const grant = there.get(stripeGrantId ?? '');
      if (grant === undefined) continue;
      const endedAt = grant.voidedAt ?? grant.expiresAt;
      if (endedAt === null || endedAt > at) continue;
      await setGrantState(trx, customer, creditGrantId, grant.voidedAt === null ? 'ended' : 'void', endedAt);
      endedThere.push(grant.stripeGrantId);
    }
    const causeEntryId = deps.newId();
    for (const poolId of pools.poolIds) await requestTrueUp(trx, customer, { poolId, causeEntryId, now: at });
    return { pools: pools.poolIds.length, endedThere };
  });
}
