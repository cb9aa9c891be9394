// A note's line is gross: Stripe takes the line's share of discounts and applied credits off, or does not. Which gross
// amount comes to the money that was named, only Stripe can say, so it is asked.
import { Stripe } from 'stripe';

import { dividedHalfUp } from '../domain/amount.ts';
import type { CreditNote } from '../domain/credit-note.ts';
import { type Invoice, type InvoiceLine, lineTotal } from '../domain/invoice.ts';
import { previewNote } from './credit-notes.ts';
import type { StripeGateway } from './gateway.ts';

export type NoteLineParams = Stripe.CreditNoteCreateParams.Line;

/** Previews at most for one line: the search halves what is left of at most 2^40 minor units. */
const PREVIEWS_MAX = 48;

export interface WantedLine {
  readonly line: InvoiceLine;
  /** Gross amount that earlier notes took. */
  readonly notedGrossMinor: bigint;
  /** Money with tax that the note shall give back on this line. */
  readonly amountMinor: bigint;
}

/** The line of a note that is worth exactly the money named; null when Stripe offers no such line. */
export async function findNoteLine(
  stripe: StripeGateway,
  invoice: Invoice,
  wanted: WantedLine,
): Promise<NoteLineParams | null> {
  const { line, amountMinor } = wanted;
  const grossMinor = await searchGross(stripe, invoice, wanted);
  if (grossMinor !== null) {
    return { type: 'invoice_line_item', invoice_line_item: line.lineId, amount: Number(grossMinor) };
  }
  if (invoice.hasAutomaticTax) return null;
  return {
    type: 'custom_line_item',
    description: line.description ?? 'Credit',
    quantity: 1,
    unit_amount: Number(amountMinor),
    metadata: { invoice_line: line.lineId },
  };
}

/** What Stripe would make of a note; its refusal is an answer too. */
export async function tryPreview(
  stripe: StripeGateway,
  params: Stripe.CreditNotePreviewParams,
): Promise<CreditNote | { readonly refusal: string }> {
  try {
    return await previewNote(stripe, params);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError) return { refusal: error.message };
    throw error;
  }
}

async function searchGross(
  stripe: StripeGateway,
  invoice: Invoice,
  { line, notedGrossMinor, amountMinor }: WantedLine,
): Promise<bigint | null> {
  let low = 1n;
  let high = line.amountMinor - notedGrossMinor;
  const net = lineTotal(line);
  // First the two likely answers: the line's share of credits and discounts is taken off, or nothing is.
  const likely = [net > 0n ? dividedHalfUp(amountMinor * line.amountMinor, net) : 0n, amountMinor];
  for (let previews = 0; previews < PREVIEWS_MAX && low <= high; previews += 1) {
    const guess = likely.shift() ?? (low + high) / 2n;
    if (guess < low || guess > high) continue;
    const total = await worthOf(stripe, invoice, line.lineId, guess);
    if (total === amountMinor) return guess;
    if (total === null || total > amountMinor) high = guess - 1n;
    else low = guess + 1n;
  }
  return null;
}

/** What a note on one line with this gross amount comes to; null when it is more than Stripe would credit. */
async function worthOf(
  stripe: StripeGateway,
  { invoiceId }: Invoice,
  lineId: string,
  grossMinor: bigint,
): Promise<bigint | null> {
  const preview = await tryPreview(stripe, {
    invoice: invoiceId,
    lines: [{ type: 'invoice_line_item', invoice_line_item: lineId, amount: Number(grossMinor) }],
  });
  if (!('refusal' in preview)) return preview.totalMinor;
  // Of a tiny gross amount nothing may be left, which Stripe refuses as well: that is too little, not too much.
  return /must be positive|greater than (?:zero|0)/i.test(preview.refusal) ? 0n : null;
}
