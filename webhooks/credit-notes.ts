import type { Deps } from '../src/operations/deps.ts';
import { mirrorCreditNote } from '../src/operations/mirror-credit-note.ts';
import type { Handlers, Mirror } from '../src/stripe/events.ts';

/** A note from the dashboard counts in the books as much as one of ours. */
const creditNotes: Mirror<Deps> = {
  idOf: ({ objectId }) => objectId,
  look: async ({ id }, deps) => {
    const note = await mirrorCreditNote(deps, id);
    return note === null ? { ignored: 'Stripe has no such credit note' } : { applied: `credit note is ${note.status}` };
  },
};

export const creditNoteHandlers: Handlers<Deps> = {
  'credit_note.created': creditNotes,
  'credit_note.updated': creditNotes,
  'credit_note.voided': creditNotes,
};
