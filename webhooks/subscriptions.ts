import type { StripeEvent } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { mirrorSubscription } from '../src/operations/mirror-subscription.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/** A subscription to one of our plans is what gives a customer a pool; its status says whether it may be spent. */
async function mirror({ objectId, createdAt }: StripeEvent, deps: Deps): Promise<Outcome> {
  if (objectId === null) return { ignored: 'the event names no subscription' };
  const status = await mirrorSubscription(deps, objectId, createdAt);
  return status === null ? { ignored: 'Stripe has no such subscription' } : { applied: `subscription is ${status}` };
}

export const subscriptionHandlers: Handlers<Deps> = {
  'customer.subscription.created': mirror,
  'customer.subscription.updated': mirror,
  // A cancelled subscription blocks its pool.
  'customer.subscription.deleted': mirror,
  'customer.subscription.paused': mirror,
  'customer.subscription.resumed': mirror,
};
