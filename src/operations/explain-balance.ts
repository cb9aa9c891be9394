import { drawnOf, endedOf, type Explanation, owedOf } from '../domain/explanation.ts';
import { isOpenAt, remaining } from '../domain/lot.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { flowsOfLots, flowsOfOwed, holdsOn, lotsOf, openingsOf, spentLots } from '../storage/explanations.ts';
import { poolSumsBefore } from '../storage/pool-sums.ts';
import { planOfPool, poolsOf } from '../storage/pools.ts';
import { findCustomer } from './read-customer.ts';
import type { RealTime } from './track-usage.ts';

/** Why a balance is what it is: each lot with what opened it and where it went; the lots' sums are the balance. */
export async function explainBalance(
  { deps, executor }: RealTime,
  { customer: name, spentToo }: { readonly customer: string; readonly spentToo: boolean },
): Promise<Explanation | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  await executor.submit([{ kind: 'touch', customer }]);
  return transaction(
    deps.db,
    async (trx) => {
      const pools = await poolsOf(trx, customer, null);
      if (pools === null) {
        return refuse('no_subscription', 'The customer has no pool yet, so there is nothing to explain.');
      }
      const asOf = await clock(trx);
      const lots = await lotsOf(trx, pools, { spentToo });
      const lotIds = lots.map(({ lotId }) => lotId);
      const flows = Map.groupBy(await flowsOfLots(trx, customer, lotIds), ({ lotId }) => lotId);
      const openings = new Map((await openingsOf(trx, customer, lotIds)).map((opened) => [opened.lotId, opened]));
      const holds = Map.groupBy(await holdsOn(trx, customer, lotIds), ({ lotId }) => lotId);
      const { sums, unspendable } = await poolSumsBefore(trx, pools, new Date(asOf.getTime() + 1));
      const spent = await spentLots(trx, pools);
      return {
        customerId: customer.customerId,
        unit: pools.unit,
        plan: await planOfPool(trx, customer),
        asOf,
        available: sums.available - unspendable,
        sums,
        lots: lots.map(({ member, ...lot }) => ({
          lot,
          member,
          opened: openings.get(lot.lotId) ?? null,
          remaining: remaining(lot),
          spendable: lot.onlyHoldId === null && isOpenAt(lot, asOf) ? remaining(lot) : 0n,
          drawn: drawnOf(flows.get(lot.lotId) ?? []),
          heldBy: holds.get(lot.lotId) ?? [],
          ended: endedOf(flows.get(lot.lotId) ?? []),
        })),
        owed: owedOf(await flowsOfOwed(trx, pools)),
        spent: spentToo ? { lots: 0, granted: 0n, drawn: 0n, ended: 0n } : spent,
      };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
