import type { CustomerKey } from '../domain/customer.ts';
import { recentMovementIds, storeMovements } from '../storage/credit-movements.ts';
import { creditMovements } from '../stripe/credit-grants.ts';
import type { Deps } from './deps.ts';

/** Copies the credit balance transactions that Stripe wrote since the last time; returns how many were new. */
export async function mirrorCreditMovements(
  deps: Deps,
  key: CustomerKey,
  stripeCustomerId: string,
): Promise<{ readonly stored: number }> {
  const known = await recentMovementIds(deps.db, key);
  const movements = await creditMovements(deps.stripe, stripeCustomerId, (id) => known.has(id));
  await storeMovements(deps.db, key, movements);
  return { stored: movements.length };
}
