import type { Refused } from '../domain/rejection.ts';
import type { Deps } from './deps.ts';
import { reconcile, type ReconcileInput, type Reconciliation } from './reconcile.ts';
import { stripeRefusal } from './stripe-refusal.ts';

/** A run that somebody waits for: Stripe being out of reach is an answer, and the run goes on where it stopped. */
export async function reconcileNow(deps: Deps, input: ReconcileInput): Promise<Reconciliation | Refused> {
  try {
    return await reconcile(deps, input);
  } catch (error) {
    return stripeRefusal(error);
  }
}
