// Grants, what invoices took of them, and what they are worth together.
import type { VarianceKind } from '../variance.ts';

export const CREDITS_VARIANCES = {
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
    repair: 'Look at the outbox row; the run sends what was never sent.',
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
    repair:
      'Ask for a true-up (creditpool stripe true-up): it grants the missing amount again before the next invoice is finalized.',
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
    repair: 'Ask for a true-up: creditpool stripe true-up.',
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
} as const satisfies Readonly<Record<string, VarianceKind>>;
