import type { Deps } from '../src/operations/deps.ts';
import { mirrorDispute } from '../src/operations/mirror-dispute.ts';
import type { Handlers, Mirror } from '../src/stripe/events.ts';

/** A bank takes a payment back and decides later: money by its movements, credits by where the dispute stands. */
const disputes: Mirror<Deps> = {
  idOf: ({ objectId }) => objectId,
  look: async ({ id }, deps) => {
    const dispute = await mirrorDispute(deps, id);
    return dispute === null
      ? { ignored: 'a dispute of a payment that is on no invoice' }
      : { applied: `dispute is ${dispute.status}` };
  },
};

export const disputeHandlers: Handlers<Deps> = {
  'charge.dispute.created': disputes,
  'charge.dispute.updated': disputes,
  'charge.dispute.funds_withdrawn': disputes,
  'charge.dispute.funds_reinstated': disputes,
  'charge.dispute.closed': disputes,
};
