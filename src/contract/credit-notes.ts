import { z } from 'zod';

import { positiveMinor } from './amounts.ts';
import { text } from './text.ts';

/** Our reasons; each becomes one of Stripe's four. */
export const CREDIT_NOTE_REASONS = [
  'duplicate_usage',
  'failed_output',
  'billing_error',
  'product_unsatisfactory',
  'order_change',
  'fraudulent',
  'goodwill',
] as const;

export const SETTLE_AS = ['customer_balance', 'refund', 'out_of_band'] as const;

/** The money is named line by line; previewing and issuing take the same body. */
export const creditNote = z.strictObject({
  invoice: z.string().regex(/^in_[A-Za-z0-9]{1,250}$/, 'must be an invoice id of Stripe such as in_1Abc…'),
  lines: z
    .array(
      z.strictObject({
        line: z.string().regex(/^il_[A-Za-z0-9_]{1,250}$/, 'must be an invoice line id of Stripe such as il_1Abc…'),
        amount_minor: positiveMinor,
      }),
    )
    .min(1)
    .max(100),
  settle_as: z.enum(SETTLE_AS),
  reason: z.enum(CREDIT_NOTE_REASONS),
  ticket: text(200),
  memo: text(500).optional(),
  /** From the preview; refused when the invoice has changed since. */
  preview_hash: z.string().max(100).optional(),
});
export type CreditNoteBody = z.output<typeof creditNote>;
