import type { Deps } from '../src/operations/deps.ts';
import { mirrorCustomer, mirrorCustomerBalance } from '../src/operations/mirror-customer.ts';
import type { Handlers, Mirror } from '../src/stripe/events.ts';

/** Usage can name a customer only once he is mirrored; his name and currency stand on every page. */
const customers: Mirror<Deps> = {
  kind: 'customer',
  idOf: ({ objectId }) => objectId,
  look: async ({ id, types }, deps) => {
    const key = await mirrorCustomer(deps, id);
    if (key === null) return { ignored: 'Stripe has no such customer' };
    if (!types.has('customer.updated')) return { applied: `customer ${key.customerId}` };
    // The customer balance has no events of its own: a change of it shows as an updated customer.
    const found = await mirrorCustomerBalance(deps, key, id);
    return { applied: `customer ${key.customerId}, ${found} balance transactions` };
  },
};

export const customerHandlers: Handlers<Deps> = {
  'customer.created': customers,
  'customer.updated': customers,
  // The books of a deleted customer stay; nothing new is opened for him.
  'customer.deleted': customers,
};
