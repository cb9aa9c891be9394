import { z } from 'zod';

import { positiveMinor } from './amounts.ts';
import { wireId } from './ids.ts';
import { text } from './text.ts';

/** Our reasons; each becomes one of Stripe's four. */
const CREDIT_NOTE_REASONS = [
  'duplicate_usage',
  'failed_output',
  'billing_error',
  'product_unsatisfactory',
  'order_change',
  'fraudulent',
  'goodwill',
] as const;

/** Where the part goes that was paid already. */
export const SETTLE_AS = ['customer_balance', 'refund', 'out_of_band', 'reduce_due'] as const;

export const invoiceId = z
  .string()
  .regex(/^in_[A-Za-z0-9]{1,250}$/, 'must be an invoice id of Stripe such as in_1Abc…');
export const stripeLineId = z
  .string()
  .regex(/^il_[A-Za-z0-9_]{1,250}$/, 'must be an invoice line id of Stripe such as il_1Abc…');

/** The money is named, tax included: line by line, or as one amount that the usage line gives first. */
const order = {
  invoice: invoiceId,
  lines: z
    .array(
      z.strictObject({
        line: stripeLineId,
        /** Absent: all that is left of the line. */
        amount_minor: positiveMinor.optional(),
      }),
    )
    .min(1)
    .max(100)
    .optional(),
  amount_minor: positiveMinor.optional(),
  settle_as: z.enum(SETTLE_AS),
};

const cause = {
  reason: z.enum(CREDIT_NOTE_REASONS),
  ticket: text(200),
  memo: text(500).optional(),
  /** From the preview; refused when the invoice has changed since. */
  preview_hash: z.string().max(100).optional(),
  email_customer: z.boolean().default(false),
  /** Usage that goes back with the note. */
  usage_events: z.array(wireId('usage')).min(1).max(1_000).optional(),
};

const oneAmount = (body: { lines?: unknown; amount_minor?: unknown }): boolean =>
  (body.lines === undefined) !== (body.amount_minor === undefined);
const give = { message: 'give either lines or amount_minor', path: ['lines'] };

export const creditNote = z.strictObject({ ...order, ...cause }).refine(oneAmount, give);
/** The same body, so that a form can be previewed before its reason is known. */
export const creditNotePreview = z
  .strictObject({ ...order, ...z.object(cause).partial().shape })
  .refine(oneAmount, give);
export type CreditNotePreviewBody = z.output<typeof creditNotePreview>;
