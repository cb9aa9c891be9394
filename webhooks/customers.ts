import type { StripeEvent } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { mirrorCustomer, mirrorCustomerBalance } from '../src/operations/mirror-customer.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/** Usage can name a customer only once he is mirrored; his name and currency stand on every page. */
async function mirror({ objectId }: StripeEvent, deps: Deps): Promise<Outcome> {
  if (objectId === null) return { ignored: 'the event names no customer' };
  const key = await mirrorCustomer(deps, objectId);
  return key === null ? { ignored: 'Stripe has no such customer' } : { applied: `customer ${key.customerId}` };
}

export const customerHandlers: Handlers<Deps> = {
  'customer.created': mirror,

  // The customer balance has no events of its own: a change of it shows as an updated customer.
  'customer.updated': async (event, deps) => {
    if (event.objectId === null) return { ignored: 'the event names no customer' };
    const key = await mirrorCustomer(deps, event.objectId);
    if (key === null) return { ignored: 'Stripe has no such customer' };
    const found = await mirrorCustomerBalance(deps, key, event.objectId);
    return { applied: `customer ${key.customerId}, ${found} balance transactions` };
  },

  // The books of a deleted customer stay; nothing new is opened for him.
  'customer.deleted': mirror,
};
