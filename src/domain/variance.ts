// What a difference between two books may be: the check that finds it, its class, what causes and what repairs it.

export const CHECKS = ['usage', 'credits', 'invoices', 'credit_notes', 'catalogue', 'ourselves'] as const;
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
    | 'mirror_refund'
    | 'mirror_dispute'
    | 'mirror_credit_movements'
    | 'resend';
}
