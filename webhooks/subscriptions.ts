import type { Deps } from '../src/operations/deps.ts';
import { mirrorSubscription } from '../src/operations/mirror-subscription.ts';
import type { Handlers, Mirror } from '../src/stripe/events.ts';

/** A subscription to one of our plans is what gives a customer a pool; its status says whether it may be spent. */
const subscriptions: Mirror<Deps> = {
  kind: 'subscription',
  idOf: ({ objectId }) => objectId,
  look: async ({ id, since }, deps) => {
    const status = await mirrorSubscription(deps, id, since);
    return status === null ? { ignored: 'Stripe has no such subscription' } : { applied: `subscription is ${status}` };
  },
};

export const subscriptionHandlers: Handlers<Deps> = {
  'customer.subscription.created': subscriptions,
  'customer.subscription.updated': subscriptions,
  // A cancelled subscription blocks its pool.
  'customer.subscription.deleted': subscriptions,
  'customer.subscription.paused': subscriptions,
  'customer.subscription.resumed': subscriptions,
};
