import type { CustomerKey } from '../domain/customer.ts';
import { balanceAdjusted } from '../domain/entries-payment.ts';
import { now, wallTime } from '../storage/clock.ts';
import {
  recentBalanceTransactionIds,
  storeBalanceTransactions,
  unpostedAdjustments,
} from '../storage/customer-balance.ts';
import { customerByStripeId, lockCustomer, markCustomerDeleted } from '../storage/customers.ts';
import { type Transaction, transaction } from '../storage/database.ts';
import { saveCustomer } from '../storage/fetched-customers.ts';
import { retryParkedOf } from '../storage/parked.ts';
import { type CustomerBalanceTransaction, listCustomerBalanceTransactions } from '../stripe/balance-transactions.ts';
import { fetchCustomer } from '../stripe/customers.ts';
import type { Deps } from './deps.ts';
import { postOnce } from './post-money.ts';

/** Mirrors a Stripe customer as it is now; null when Stripe has no such customer and we never knew one. */
export async function mirrorCustomer(deps: Deps, stripeCustomerId: string): Promise<CustomerKey | null> {
  const fetchedAt = await wallTime(deps.db);
  const facts = await fetchCustomer(deps.stripe, stripeCustomerId);
  if (facts === null) {
    const known = await customerByStripeId(deps.db, stripeCustomerId);
    if (known === undefined) return null;
    await transaction(deps.db, async (trx) => {
      await markCustomerDeleted(trx, known, await now(trx));
      await retryParkedOf(trx, known);
    });
    return known;
  }
  return transaction(deps.db, (trx) => saveCustomer(trx, facts, { newId: deps.newId(), fetchedAt }));
}

/** Who a Stripe customer is here; mirrored first when an event about something of his came before him. */
export async function knownCustomer(deps: Deps, stripeCustomerId: string): Promise<CustomerKey> {
  const key = (await customerByStripeId(deps.db, stripeCustomerId)) ?? (await mirrorCustomer(deps, stripeCustomerId));
  if (key === null) throw new Error(`Stripe has no customer ${stripeCustomerId}`);
  return key;
}

/**
 * Copies the customer balance transactions that Stripe wrote since the last time; they have no events of their own. What
 * invoices and notes did to the balance is posted with them; what a hand did is posted here.
 */
export async function mirrorCustomerBalance(deps: Deps, key: CustomerKey, stripeCustomerId: string): Promise<number> {
  const known = await recentBalanceTransactionIds(deps.db, key);
  const found: CustomerBalanceTransaction[] = [];
  for await (const movement of listCustomerBalanceTransactions(deps.stripe, stripeCustomerId)) {
    if (known.has(movement.transactionId)) break;
    found.push(movement);
  }
  await transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    await storeBalance(deps, trx, key, found);
  });
  return found.length;
}

/** The same of what was fetched, in the transaction of a caller who holds the customer's lock; some may be known. */
export async function storeBalance(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  found: readonly CustomerBalanceTransaction[],
): Promise<void> {
  await storeBalanceTransactions(trx, key, found);
  await postOnce(deps, trx, key, (await unpostedAdjustments(trx, key)).map(balanceAdjusted));
}
