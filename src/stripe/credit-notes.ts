import type { Stripe } from 'stripe';

import type { CreditNote, CreditNoteLine } from '../domain/credit-note.ts';
import type { StripeGateway } from './gateway.ts';
import { asStored, idOf, idOrNull, instant, instantOrNull, minor, sumMinor, unlessMissing } from './reading.ts';

const LINES_MAX = 10_000;

/** A credit note as it is now, with all its lines. */
export async function fetchCreditNote(stripe: StripeGateway, creditNoteId: string): Promise<CreditNote | null> {
  const note = await unlessMissing(stripe.creditNotes.retrieve(creditNoteId));
  if (note === null) return null;
  const lines = note.lines.has_more
    ? await stripe.creditNotes.listLineItems(creditNoteId, { limit: 100 }).autoPagingToArray({ limit: LINES_MAX })
    : note.lines.data;
  return toCreditNote(note, lines, await balancePart(stripe, note));
}

/** What Stripe says a note would be; nothing is made. Only its first ten lines are read: previews are small. */
export async function previewNote(stripe: StripeGateway, params: Stripe.CreditNotePreviewParams): Promise<CreditNote> {
  const note = await stripe.creditNotes.preview(params);
  return toCreditNote(note, note.lines.data, minor(params.credit_amount));
}

/** The notes of an invoice, newest first. */
export async function listCreditNoteIds(stripe: StripeGateway, invoiceId: string): Promise<readonly string[]> {
  const notes = await stripe.creditNotes
    .list({ invoice: invoiceId, limit: 100 })
    .autoPagingToArray({ limit: LINES_MAX });
  return notes.map(({ id }) => id);
}

function toCreditNote(
  note: Stripe.CreditNote,
  lines: readonly Stripe.CreditNoteLineItem[],
  customerBalanceMinor: bigint,
): CreditNote {
  return {
    creditNoteId: note.id,
    invoiceId: idOf(note.invoice),
    stripeCustomerId: idOf(note.customer),
    number: note.number,
    status: note.status,
    reason: note.reason,
    currency: note.currency,
    totalMinor: minor(note.total),
    prePaymentMinor: minor(note.pre_payment_amount),
    postPaymentMinor: minor(note.post_payment_amount),
    refundMinor: note.refunds.reduce((sum, { amount_refunded: amount }) => sum + BigInt(amount), 0n),
    customerBalanceMinor,
    outOfBandMinor: minor(note.out_of_band_amount),
    createdAt: instant(note.created),
    voidedAt: instantOrNull(note.voided_at),
    metadata: note.metadata ?? {},
    lines: lines.map(toLine),
    object: asStored({ ...note, lines: undefined }),
  };
}

/** The note itself does not say how much went to the customer balance; its transaction does (negative is credit). */
async function balancePart(stripe: StripeGateway, note: Stripe.CreditNote): Promise<bigint> {
  const reference = note.customer_balance_transaction;
  if (reference === null) return 0n;
  if (typeof reference !== 'string') return -BigInt(reference.amount);
  const transaction = await stripe.customers.retrieveBalanceTransaction(idOf(note.customer), reference);
  return -BigInt(transaction.amount);
}

function toLine(line: Stripe.CreditNoteLineItem): CreditNoteLine {
  const taxes = line.taxes ?? [];
  const inclusive = taxes.filter(({ tax_behavior: behaviour }) => behaviour === 'inclusive');
  const credits = line.pretax_credit_amounts.filter(({ type }) => type === 'credit_balance_transaction');
  return {
    lineId: line.id,
    // A custom line stands for an invoice line where Stripe could not hit the named amount; we wrote down which.
    invoiceLineId: idOrNull(line.invoice_line_item) ?? line.metadata?.['invoice_line'] ?? null,
    description: line.description,
    amountMinor: minor(line.amount),
    discountMinor: minor(line.discount_amount),
    creditsMinor: sumMinor(credits),
    taxMinor: sumMinor(taxes),
    inclusiveTaxMinor: sumMinor(inclusive),
  };
}
