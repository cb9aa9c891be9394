import { fetchCreditMovementOwner, fetchGrantOwner } from '../stripe/balance-transactions.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditMovements } from './mirror-credit-movements.ts';
import { knownCustomer } from './mirror-customer.ts';

/** Which object of Stripe's billing credits has changed. */
export type ChangedCredits = { readonly transactionId: string } | { readonly grantId: string };

/**
 * Mirrors what Stripe's billing credits did for the customer behind a grant or one of its transactions. Null when Stripe
 * knows neither, or a grant that belongs to no customer.
 */
export async function mirrorBillingCredits(deps: Deps, changed: ChangedCredits): Promise<{ stored: number } | null> {
  const owner =
    'grantId' in changed
      ? await fetchGrantOwner(deps.stripe, changed.grantId)
      : await fetchCreditMovementOwner(deps.stripe, changed.transactionId);
  if (owner === null) return null;
  return mirrorCreditMovements(deps, await knownCustomer(deps, owner), owner);
}
