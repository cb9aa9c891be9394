// Every difference that reconciliation knows, with what causes it and what repairs it. docs/reconciliation.md is this
// table. A kind whose class is timing or rounding, or that was shaped on purpose, carries its explanation with it.

export const CHECKS = ['usage', 'credits', 'invoices', 'credit_notes', 'ourselves'] as const;
export type CheckName = (typeof CHECKS)[number];

export type VarianceClass =
  | 'timing'
  | 'missing_here'
  | 'missing_there'
  | 'duplicate'
  | 'amount'
  | 'rounding'
  | 'currency'
  | 'shaping';

export interface VarianceKind {
  readonly check: CheckName;
  readonly class: VarianceClass;
  readonly cause: string;
  readonly repair: string;
  /** What the reconciliation may do by itself: nothing of it changes what anyone owes. */
  readonly safeRepair?:
    | 'mirror_customer'
    | 'mirror_invoice'
    | 'mirror_credit_note'
    | 'mirror_credit_movements'
    | 'resend';
}

export const VARIANCE_KINDS = {
  usage_not_rolled_up: {
    check: 'usage',
    class: 'timing',
    cause: 'Usage of a window that still runs or has just ended; the next roll-up reports it.',
    repair: 'None: it is gone after the window and the meter lag.',
  },
  usage_in_flight: {
    check: 'usage',
    class: 'timing',
    cause: 'Meter events that wait to be sent, or that Stripe accepted and has not counted yet.',
    repair: 'None: it is gone after the meter lag.',
  },
  meter_events_never_sent: {
    check: 'usage',
    class: 'missing_there',
    cause: 'Meter events wait in the outbox for longer than the meter lag.',
    repair: 'Look at the outbox row (creditpool outbox); the run wakes what was never sent.',
    safeRepair: 'resend',
  },
  meter_events_swallowed: {
    check: 'usage',
    class: 'missing_there',
    cause: 'Stripe accepted meter events and does not count them.',
    repair:
      'Cancel the identifier if it is younger than 24 hours and send it again as /r1; else send a negative or positive delta.',
  },
  meter_events_foreign: {
    check: 'usage',
    class: 'missing_here',
    cause: 'The meter holds usage that this service never reported.',
    repair:
      'Find who else writes to the meter; take it back by a negative meter event while the period is open, by a credit note later.',
  },
  meter_event_twice: {
    check: 'usage',
    class: 'duplicate',
    cause: 'The surplus on the meter is exactly one of our events: it was counted twice.',
    repair: 'Send its value as a negative meter event while the period is open; credit it later.',
  },
  meter_total: {
    check: 'usage',
    class: 'amount',
    cause: 'The messages of a billing period do not add up to the whole meter units that were rolled up.',
    repair: 'Run ledger verify; then correct the period by a delta.',
  },
  grant_in_flight: {
    check: 'credits',
    class: 'timing',
    cause:
      'A credit grant, its end or a true-up is on its way to Stripe, or an end waits until the cycle invoice is final.',
    repair: 'None: it is gone once the outbox is sent and the invoice is final.',
  },
  grant_never_made: {
    check: 'credits',
    class: 'missing_there',
    cause: 'A wanted credit grant has waited in the outbox for longer than an hour.',
    repair: 'Look at the outbox row; the run wakes what was never sent.',
    safeRepair: 'resend',
  },
  grant_missing_there: {
    check: 'credits',
    class: 'missing_there',
    cause: 'Stripe does not list a credit grant that it once confirmed.',
    repair: 'Check account and mode of the key; then ask for a true-up, which grants the missing amount again.',
  },
  grant_ended_there: {
    check: 'credits',
    class: 'missing_there',
    cause: 'Somebody voided or expired a credit grant at Stripe that lots still need.',
    repair: 'Ask for a true-up: it grants the missing amount again before the next invoice is finalized.',
  },
  grant_not_ended: {
    check: 'credits',
    class: 'missing_there',
    cause:
      'A credit grant that was ended here is still open at Stripe: its end never arrived, or its expiry was moved.',
    repair: 'Expire the grant at Stripe, or retry its parked message.',
  },
  grant_foreign: {
    check: 'credits',
    class: 'missing_here',
    cause: 'Somebody made a credit grant at Stripe that this service does not know.',
    repair:
      'Void it and grant the credits here, so that the pool can spend them; or explain it if it is meant for another meter.',
  },
  grant_twice: {
    check: 'credits',
    class: 'duplicate',
    cause: 'Two credit grants at Stripe carry the same key of ours.',
    repair: 'Void the one that is not recorded here.',
  },
  grant_amount: {
    check: 'credits',
    class: 'amount',
    cause: 'A credit grant is worth another amount at Stripe than here.',
    repair: 'Void it and ask for a true-up.',
  },
  grant_currency: {
    check: 'credits',
    class: 'currency',
    cause: "A credit grant is in another currency than the subscription's: it will pay for nothing.",
    repair: 'Void it and ask for a true-up.',
  },
  grant_terms: {
    check: 'credits',
    class: 'shaping',
    cause:
      'Scope, category or priority of a credit grant differ: it may pay for the wrong lines or in the wrong order.',
    repair: 'Void it and ask for a true-up.',
  },
  grants_total: {
    check: 'credits',
    class: 'amount',
    cause: 'Open credit grants are not worth what lots have left and have paid in cycles that are not final.',
    repair: 'Ask for a true-up of the pool.',
  },
  credit_movement_missing_here: {
    check: 'credits',
    class: 'missing_here',
    cause: 'An invoice took credits, or gave them back, and it was not mirrored.',
    repair: 'The run mirrors the credit balance transactions.',
    safeRepair: 'mirror_credit_movements',
  },
  credit_movement_missing_there: {
    check: 'credits',
    class: 'missing_there',
    cause: 'A mirrored credit balance transaction is not in Stripe’s list.',
    repair: 'Check account and mode of the key; the mirror was changed by hand.',
  },
  credit_movement_amount: {
    check: 'credits',
    class: 'amount',
    cause: 'A mirrored credit balance transaction has another amount than at Stripe.',
    repair: 'The mirror was changed by hand: correct it from Stripe.',
  },
  credits_applied: {
    check: 'credits',
    class: 'amount',
    cause: 'A final invoice took more or fewer credits than lots paid in its period.',
    repair: 'Too few: credit the difference. Too many: the true-up restores the grants; decide who bears it.',
  },
  credits_applied_rounding: {
    check: 'credits',
    class: 'rounding',
    cause: 'A grant is rounded up and a usage line half up: at most one minor unit a line, in the customer’s favour.',
    repair: 'None: computed, and carried by the true-up.',
  },
  credits_applied_shaped: {
    check: 'credits',
    class: 'shaping',
    cause: 'Eligible grants could not be made to fit what lots paid; an item on the draft corrected the invoice.',
    repair: 'None: the correction item is on the invoice and in the books.',
  },
  invoice_unmirrored: {
    check: 'invoices',
    class: 'missing_here',
    cause: 'Stripe has an invoice that was never mirrored: its webhook was lost and the gap filler has not run.',
    repair: 'The run fetches and mirrors it.',
    safeRepair: 'mirror_invoice',
  },
  invoice_missing_there: {
    check: 'invoices',
    class: 'missing_there',
    cause: 'A mirrored invoice is not at Stripe: a draft was deleted, or the key is of another account.',
    repair: 'Check account and mode; a deleted draft needs a reversal of what was settled for it.',
  },
  invoice_behind: {
    check: 'invoices',
    class: 'timing',
    cause: 'An invoice changed at Stripe and its event waits in the inbox.',
    repair: 'None: it is gone once the inbox is applied.',
  },
  invoice_stale: {
    check: 'invoices',
    class: 'missing_here',
    cause: 'An invoice changed its state at Stripe and no event told us.',
    repair: 'The run fetches and mirrors it.',
    safeRepair: 'mirror_invoice',
  },
  invoice_amount: {
    check: 'invoices',
    class: 'amount',
    cause: 'A mirrored invoice differs from Stripe in an amount.',
    repair: 'The run fetches it again; what remains was changed here by hand.',
    safeRepair: 'mirror_invoice',
  },
  invoice_currency: {
    check: 'invoices',
    class: 'currency',
    cause: 'A mirrored invoice is in another currency than at Stripe.',
    repair: 'The mirror was changed by hand: correct it from Stripe.',
  },
  invoice_line_missing_here: {
    check: 'invoices',
    class: 'missing_here',
    cause: 'An invoice has a line at Stripe that is not mirrored.',
    repair: 'The run fetches the invoice with all its lines.',
    safeRepair: 'mirror_invoice',
  },
  invoice_line_missing_there: {
    check: 'invoices',
    class: 'missing_there',
    cause: 'A mirrored line is not on the invoice at Stripe.',
    repair: 'The run fetches the invoice with all its lines.',
    safeRepair: 'mirror_invoice',
  },
  invoice_line_amount: {
    check: 'invoices',
    class: 'amount',
    cause: 'A mirrored line differs from Stripe in amount, discounts, credits or tax.',
    repair: 'The run fetches the invoice with all its lines.',
    safeRepair: 'mirror_invoice',
  },
  invoice_payment_missing_here: {
    check: 'invoices',
    class: 'missing_here',
    cause: 'A payment of an invoice at Stripe is not mirrored.',
    repair: 'The run fetches the invoice with its payments.',
    safeRepair: 'mirror_invoice',
  },
  invoice_payment_missing_there: {
    check: 'invoices',
    class: 'missing_there',
    cause: 'A mirrored payment is not at Stripe.',
    repair: 'Check who wrote it; cash was posted for it.',
  },
  invoice_payment_amount: {
    check: 'invoices',
    class: 'amount',
    cause: 'A mirrored payment differs from Stripe in its amount.',
    repair: 'The run fetches the invoice with its payments.',
    safeRepair: 'mirror_invoice',
  },
  invoice_identity: {
    check: 'invoices',
    class: 'amount',
    cause: 'The amounts of an invoice do not add up by Stripe’s own rules: lines, discounts, credits, tax, balance.',
    repair: 'Read the invoice at Stripe; a kind of amount is not understood here.',
  },
  invoice_twice: {
    check: 'invoices',
    class: 'duplicate',
    cause: 'Two invoices that stand bill the usage of the same cycle.',
    repair: 'Void or credit the one that is not settled.',
  },
  usage_quantity: {
    check: 'invoices',
    class: 'amount',
    cause: 'The usage line of a final invoice bills another quantity than was reported for its period.',
    repair: 'More: credit the difference. Less: a correction in the next cycle, by a person.',
  },
  invoice_owed: {
    check: 'invoices',
    class: 'amount',
    cause: 'A final invoice asks for other money for usage than the ledger says is owed.',
    repair: 'More: credit the excess by a note. Less: a person decides whether to bill it.',
  },
  invoice_owed_rounding: {
    check: 'invoices',
    class: 'rounding',
    cause: 'Usage is rounded once per line and the ledger once per cycle: one minor unit, in the customer’s favour.',
    repair: 'None: computed.',
  },
  invoice_corrected: {
    check: 'invoices',
    class: 'shaping',
    cause: 'An item on the draft made the invoice ask what the ledger says is owed.',
    repair: 'None: the item is on the invoice and in the books.',
  },
  invoice_unposted: {
    check: 'invoices',
    class: 'missing_here',
    cause: 'A finalized invoice is mirrored and has no entry in the books.',
    repair: 'The run applies it again; what remains needs a look at the inbox.',
    safeRepair: 'mirror_invoice',
  },
  invoice_without_lot: {
    check: 'invoices',
    class: 'missing_here',
    cause: 'A paid sign-up or pack invoice opened no lot: the customer paid for credits that it cannot spend.',
    repair: 'The run applies the paid invoice again.',
    safeRepair: 'mirror_invoice',
  },
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
    repair: 'Look at the outbox row; the run wakes what was never sent.',
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
  ledger_breach: {
    check: 'ourselves',
    class: 'amount',
    cause: 'The books break one of their own invariants: a bug, or a hand in the database.',
    repair: 'creditpool ledger verify names it. Stop writing, find the cause, correct by an entry.',
  },
  message_parked: {
    check: 'ourselves',
    class: 'missing_there',
    cause: 'A message for Stripe was refused or ran out of attempts; later ones of its queue wait behind it.',
    repair: 'Read its outcome, remove the cause, retry it.',
  },
  message_stuck: {
    check: 'ourselves',
    class: 'timing',
    cause:
      'A message for Stripe has been due for longer than an hour: the relay does not run, or Stripe does not answer.',
    repair: 'Look at the relay job; the run wakes what was never sent.',
    safeRepair: 'resend',
  },
  stripe_event_parked: {
    check: 'ourselves',
    class: 'missing_here',
    cause: 'An event from Stripe could not be applied and waits for a person.',
    repair: 'Read its outcome, remove the cause, replay it.',
  },
  stripe_event_stuck: {
    check: 'ourselves',
    class: 'timing',
    cause: 'An event from Stripe has waited in the inbox for longer than an hour.',
    repair: 'Look at the job that applies the inbox.',
  },
  hold_overdue: {
    check: 'ourselves',
    class: 'timing',
    cause: 'A hold is open past its end: the job that lapses holds does not run.',
    repair: 'Look at the job; touching the pool lapses it too.',
  },
  cut_off_missed: {
    check: 'ourselves',
    class: 'timing',
    cause: 'A billing period is open past its cut-off: expiry is not posted and its invoice is not settled.',
    repair: 'Look at the job that cuts periods off.',
  },
  usage_never_rolled_up: {
    check: 'ourselves',
    class: 'missing_there',
    cause: 'Accepted usage was not rolled up although its window ended longer ago than the meter lag.',
    repair: 'Look at the roll-up job; usage older than 35 days can no longer be metered.',
  },
  clearing_pending: {
    check: 'ourselves',
    class: 'timing',
    cause: 'A clearing account is not zero: money is on its way since less than ten days.',
    repair: 'None: it is gone when the refund or payment is confirmed.',
  },
  clearing_stuck: {
    check: 'ourselves',
    class: 'amount',
    cause: 'A clearing account has not been zero for ten days.',
    repair: 'Find the refund or payment at Stripe; post what became of it.',
  },
  usage_counted_twice: {
    check: 'ourselves',
    class: 'duplicate',
    cause: 'The same usage event of a source is stored twice.',
    repair: 'Reverse one of them, with a ticket.',
  },
} as const satisfies Readonly<Record<string, VarianceKind>>;

export type VarianceKindName = keyof typeof VARIANCE_KINDS;
