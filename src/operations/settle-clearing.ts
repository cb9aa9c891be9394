import { type ClearingItem, clearingSettled, toSettle } from '../domain/clearing.ts';
import type { Refused } from '../domain/rejection.ts';
import { clearingItems } from '../storage/clearing.ts';
import { now } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import type { Deps } from './deps.ts';
import { postOnce } from './post-money.ts';
import { findCustomer } from './read-customer.ts';

export interface ClearingSettlement {
  readonly customer: string;
  /** What left it open: a refund, a payment, an invoice or a note of Stripe's. */
  readonly object: string;
  /** What the bank statement says. */
  readonly reason: string;
  readonly actor: string;
}

/** Closes money that the company's own bank account paid or received. Settled twice, the second finds nothing open. */
export async function settleClearing(
  deps: Pick<Deps, 'db' | 'newId'>,
  { customer, object, reason, actor }: ClearingSettlement,
): Promise<{ readonly settled: ClearingItem; readonly entryId: string } | Refused> {
  const key = await findCustomer(deps, customer);
  if ('rejected' in key) return key;
  return transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    const found = toSettle(await clearingItems(trx, key), object);
    if ('rejected' in found) return found;
    const { item } = found;
    const cause = { actor, reason, at: await now(trx), settlementId: deps.newId() };
    const [entryId = ''] = await postOnce(deps, trx, key, [clearingSettled(item, cause)]);
    return { settled: item, entryId };
  });
}
