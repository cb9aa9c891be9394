import type { Deps } from '../src/operations/deps.ts';
import { mirrorRefund } from '../src/operations/mirror-refund.ts';
import type { Handlers, Mirror } from '../src/stripe/events.ts';

/** Money leaves when a refund succeeds, and may come back long after: then the customer is owed it still. */
const refunds: Mirror<Deps> = {
  idOf: ({ objectId }) => objectId,
  look: async ({ id }, deps) => {
    const refund = await mirrorRefund(deps, id);
    return refund === null
      ? { ignored: 'a refund of a payment that is on no invoice' }
      : { applied: `refund is ${refund.status}` };
  },
};

export const refundHandlers: Handlers<Deps> = {
  'refund.created': refunds,
  'refund.updated': refunds,
  'refund.failed': refunds,
};
