// Refunds and disputes: money that left again, whoever made it leave.
import type { VarianceKind } from '../variance.ts';

export const REFUNDS_VARIANCES = {
  refund_unmirrored: {
    check: 'credit_notes',
    class: 'missing_here',
    cause: 'Stripe has a refund that was never mirrored: its event was lost.',
    repair: 'The run fetches and mirrors it.',
    safeRepair: 'mirror_refund',
  },
  refund_missing_there: {
    check: 'credit_notes',
    class: 'missing_there',
    cause: 'A mirrored refund is not at Stripe.',
    repair: 'Check account and mode of the key; cash was posted for it.',
  },
  refund_stale: {
    check: 'credit_notes',
    class: 'amount',
    cause: 'A mirrored refund differs from Stripe in amount or state, or has no entry in the books.',
    repair: 'The run fetches it again; what remains was changed here by hand.',
    safeRepair: 'mirror_refund',
  },
  refund_failed: {
    check: 'credit_notes',
    class: 'amount',
    cause: 'A refund failed: the money came back, and is owed to the customer still.',
    repair: 'Pay it by another way and settle it (creditpool ledger settle), or refund it again at Stripe.',
  },
  refund_without_note: {
    check: 'credit_notes',
    class: 'missing_there',
    cause: 'A refund left without a credit note: the invoice still says that all of it is paid.',
    repair: 'Issue a credit note that names the refund, so that tax and revenue follow.',
  },
  dispute_unmirrored: {
    check: 'credit_notes',
    class: 'missing_here',
    cause: 'Stripe has a dispute that was never mirrored: its event was lost.',
    repair: 'The run fetches and mirrors it.',
    safeRepair: 'mirror_dispute',
  },
  dispute_missing_there: {
    check: 'credit_notes',
    class: 'missing_there',
    cause: 'A mirrored dispute is not at Stripe.',
    repair: 'Check account and mode of the key; credits are frozen or gone because of it.',
  },
  dispute_stale: {
    check: 'credit_notes',
    class: 'amount',
    cause:
      'A mirrored dispute differs from Stripe in amount, state or money moved, or the books do not show that money.',
    repair: 'The run fetches it again; what remains was changed here by hand.',
    safeRepair: 'mirror_dispute',
  },
  money_back_behind: {
    check: 'credit_notes',
    class: 'timing',
    cause: 'A refund or a dispute changed at Stripe and its event waits in the inbox.',
    repair: 'None: it is gone once the inbox is applied.',
  },
  balance_unposted: {
    check: 'credit_notes',
    class: 'amount',
    cause: 'The books’ customer balance is not the one that is mirrored from Stripe.',
    repair: 'The run fetches the customer again and posts what has no entry; what remains needs a look at the entries.',
    safeRepair: 'mirror_customer',
  },
} as const satisfies Readonly<Record<string, VarianceKind>>;
