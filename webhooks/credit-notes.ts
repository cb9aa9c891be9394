import type { StripeEvent } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { mirrorCreditNote } from '../src/operations/mirror-credit-note.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/** A note from the dashboard counts in the books as much as one of ours. */
async function mirror({ objectId }: StripeEvent, deps: Deps): Promise<Outcome> {
  if (objectId === null) return { ignored: 'the event names no credit note' };
  const note = await mirrorCreditNote(deps, objectId);
  return note === null ? { ignored: 'Stripe has no such credit note' } : { applied: `credit note is ${note.status}` };
}

export const creditNoteHandlers: Handlers<Deps> = {
  'credit_note.created': mirror,
  'credit_note.updated': mirror,
  'credit_note.voided': mirror,
};
