import type { StripeEvent } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { mirrorRefund } from '../src/operations/mirror-refund.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/** Money leaves when a refund succeeds, and may come back long after: then the customer is owed it still. */
async function mirror({ objectId }: StripeEvent, deps: Deps): Promise<Outcome> {
  if (objectId === null) return { ignored: 'the event names no refund' };
  const status = await mirrorRefund(deps, objectId);
  return status === null ? { ignored: 'a refund of nobody we know' } : { applied: `refund is ${status}` };
}

export const refundHandlers: Handlers<Deps> = {
  'refund.created': mirror,
  'refund.updated': mirror,
  'refund.failed': mirror,
};
