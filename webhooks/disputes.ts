import type { StripeEvent } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { mirrorDispute } from '../src/operations/mirror-dispute.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/** Every change of a dispute is the same work: fetch it, mirror it, post what is not in the books yet. */
async function mirror({ objectId, createdAt }: StripeEvent, deps: Deps): Promise<Outcome> {
  if (objectId === null) return { ignored: 'the event names no dispute' };
  const dispute = await mirrorDispute(deps, objectId, { toldAt: createdAt });
  return dispute === null
    ? { ignored: 'a dispute of a payment that is on no invoice' }
    : { applied: `dispute is ${dispute.status}` };
}

export const disputeHandlers: Handlers<Deps> = {
  'charge.dispute.created': mirror,
  'charge.dispute.updated': mirror,
  'charge.dispute.funds_withdrawn': mirror,
  'charge.dispute.funds_reinstated': mirror,
  'charge.dispute.closed': mirror,
};
