import { CATALOGUE_VARIANCES } from './variance-kinds/catalogue.ts';
import { CREDIT_NOTES_VARIANCES } from './variance-kinds/credit-notes.ts';
import { CREDITS_VARIANCES } from './variance-kinds/credits.ts';
import { INVOICES_VARIANCES } from './variance-kinds/invoices.ts';
import { OURSELVES_VARIANCES } from './variance-kinds/ourselves.ts';
import { REFUNDS_VARIANCES } from './variance-kinds/refunds.ts';
import { USAGE_VARIANCES } from './variance-kinds/usage.ts';
// Every difference that reconciliation knows, with what causes it and what repairs it. docs/reconciliation.md is this
// table. A kind whose class is timing or rounding, or that was shaped on purpose, carries its explanation with it.
import type { VarianceKind } from './variance.ts';

export const VARIANCE_KINDS = {
  ...USAGE_VARIANCES,
  ...CREDITS_VARIANCES,
  ...INVOICES_VARIANCES,
  ...CREDIT_NOTES_VARIANCES,
  ...REFUNDS_VARIANCES,
  ...CATALOGUE_VARIANCES,
  ...OURSELVES_VARIANCES,
} as const satisfies Readonly<Record<string, VarianceKind>>;

export type VarianceKindName = keyof typeof VARIANCE_KINDS;
