// Credit notes and the customer balance.
import type { VarianceKind } from '../variance.ts';

export const CREDIT_NOTES_VARIANCES = {
  credit_note_unmirrored: {
    check: 'credit_notes',
    class: 'missing_here',
    cause: 'Stripe has a credit note that was never mirrored: its event was lost, or another hand wrote it.',
    repair: 'The run fetches and mirrors it.',
    safeRepair: 'mirror_credit_note',
  },
  credit_note_missing_there: {
    check: 'credit_notes',
    class: 'missing_there',
    cause: 'A mirrored credit note is not at Stripe.',
    repair: 'Check account and mode of the key; reverse what was posted for it.',
  },
  credit_note_amount: {
    check: 'credit_notes',
    class: 'amount',
    cause: 'A mirrored credit note differs from Stripe in total, split or state.',
    repair: 'The run fetches it again; what remains was changed here by hand.',
    safeRepair: 'mirror_credit_note',
  },
  credit_note_currency: {
    check: 'credit_notes',
    class: 'currency',
    cause: 'A mirrored credit note is in another currency than at Stripe.',
    repair: 'The mirror was changed by hand: correct it from Stripe.',
  },
  credit_note_twice: {
    check: 'credit_notes',
    class: 'duplicate',
    cause: 'Two credit notes at Stripe carry the same key of ours.',
    repair: 'Void one while its invoice is open; else bill it back, by a person.',
  },
  credit_note_unposted: {
    check: 'credit_notes',
    class: 'missing_here',
    cause: 'A credit note is mirrored and has no entry in the books.',
    repair: 'The run applies it again; what remains needs a look at the inbox.',
    safeRepair: 'mirror_credit_note',
  },
  credit_note_spent: {
    check: 'credit_notes',
    class: 'amount',
    cause: 'A credit note by another hand gave back the price of credits that were spent already.',
    repair: 'A person decides: bill it back, or keep it as goodwill and explain it.',
  },
  credit_note_foreign: {
    check: 'credit_notes',
    class: 'shaping',
    cause:
      'A credit note by another hand is in the books as Stripe has it; nobody asked for it here, and no ticket stands behind it.',
    repair:
      'Find who issued it and keep the ticket; void it while its invoice is open, else bill it back, by a person.',
  },
  credit_note_in_flight: {
    check: 'credit_notes',
    class: 'timing',
    cause: 'A credit note that was asked for here is on its way to Stripe, or its event waits in the inbox.',
    repair: 'None: it is gone once outbox and inbox are worked off.',
  },
  credit_note_never_issued: {
    check: 'credit_notes',
    class: 'missing_there',
    cause: 'A credit note that was asked for here has waited for longer than an hour.',
    repair: 'Look at the outbox row; the run sends what was never sent.',
    safeRepair: 'resend',
  },
  balance_behind: {
    check: 'credit_notes',
    class: 'timing',
    cause: 'The customer balance moved at Stripe and the event that tells of it waits in the inbox.',
    repair: 'None: it is gone once the inbox is applied.',
  },
  balance_movement_missing_here: {
    check: 'credit_notes',
    class: 'missing_here',
    cause: 'A customer balance transaction at Stripe is not mirrored.',
    repair: 'The run fetches the customer’s balance transactions.',
    safeRepair: 'mirror_customer',
  },
  balance_movement_missing_there: {
    check: 'credit_notes',
    class: 'missing_there',
    cause: 'A mirrored customer balance transaction is not in Stripe’s list.',
    repair: 'Check account and mode of the key; the mirror was changed by hand.',
  },
  balance_movement_amount: {
    check: 'credit_notes',
    class: 'amount',
    cause: 'A mirrored customer balance transaction has another amount than at Stripe.',
    repair: 'The mirror was changed by hand: correct it from Stripe.',
  },
  customer_balance: {
    check: 'credit_notes',
    class: 'amount',
    cause: 'The customer balance is not the sum of its transactions, here or at Stripe.',
    repair: 'The run fetches the customer again; a sum that differs at Stripe needs Stripe’s support.',
    safeRepair: 'mirror_customer',
  },
} as const satisfies Readonly<Record<string, VarianceKind>>;
