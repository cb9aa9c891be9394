// Invoices, lines, payments and totals.
import type { VarianceKind } from '../variance.ts';

export const INVOICES_VARIANCES = {
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
    cause:
      'The lines of a final invoice that bill our meter, at whatever price, bill another quantity than was reported for its period.',
    repair: 'More: credit the difference. Less: a correction in the next cycle, by a person.',
  },
  invoice_owed: {
    check: 'invoices',
    class: 'amount',
    cause:
      'A final invoice asks for other money for usage than the ledger says is owed; lines at another price on our meter count.',
    repair: 'More: credit the excess by a note. Less: a person decides whether to bill it.',
  },
  invoice_owed_rounding: {
    check: 'invoices',
    class: 'rounding',
    cause: 'Usage is rounded once per line and the ledger once per cycle: one minor unit, in the customer’s favour.',
    repair: 'None: computed.',
  },
  invoice_excess_credited: {
    check: 'invoices',
    class: 'shaping',
    cause: 'Stripe finalized a cycle while we were away and asked more than was owed; a credit note gave it back.',
    repair: 'None: the note is issued and in the books.',
  },
  invoice_gift_accepted: {
    check: 'invoices',
    class: 'shaping',
    cause: 'A person let a held draft go as it was: it asks less for usage than the ledger says is owed.',
    repair: 'None: who decided and why is recorded.',
  },
  invoice_corrected: {
    check: 'invoices',
    class: 'shaping',
    cause: 'An item on the draft made the invoice ask what the ledger says is owed.',
    repair: 'None: the item is on the invoice and in the books.',
  },
  correction_taxed_otherwise: {
    check: 'invoices',
    class: 'amount',
    cause: 'An item that corrects the usage of a final invoice is not taxed as the usage is: another hand taxed it.',
    repair: 'Too much tax: give it back by a credit note on the usage. Too little: an invoice for it, by a person.',
  },
  usage_billed_besides: {
    check: 'invoices',
    class: 'duplicate',
    cause:
      'An invoice that settles no period of ours asks for usage of our meter at a price of another hand: the usage is billed a second time.',
    repair: 'Take the price off the subscription, and credit what it asked by a note.',
  },
  invoice_held: {
    check: 'invoices',
    class: 'shaping',
    cause:
      'The gate holds a draft: Stripe would charge something else than the ledger says is owed, or bills our meter otherwise than by one line of the plan.',
    repair: 'Read the reason; accept the difference or correct the draft before its deadline.',
  },
  seats_prorated_away: {
    check: 'invoices',
    class: 'amount',
    cause:
      'Seats were taken away in the middle of a period by another hand, with money back; the credits that they brought are still there.',
    repair:
      'Claw back the credits that the variance names, by a person, or leave them as goodwill; take seats away at the renewal.',
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
} as const satisfies Readonly<Record<string, VarianceKind>>;
