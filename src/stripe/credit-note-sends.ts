// Sending credit notes for the outbox, and finding one that was sent before.
import type { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';

export type CreditNoteRequest = Stripe.CreditNoteCreateParams;

const NOTES_READ_MAX = 1_000;

/** Issues a credit note and returns its id. */
export async function sendCreditNote(
  stripe: StripeGateway,
  request: CreditNoteRequest,
  idempotencyKey: string,
): Promise<string> {
  return (await stripe.creditNotes.create(request, { idempotencyKey })).id;
}

/** The credit note of an invoice that carries our key; null when there is none. */
export async function findSentCreditNote(
  stripe: StripeGateway,
  invoiceId: string,
  creditpoolKey: string,
): Promise<string | null> {
  let read = 0;
  for await (const note of stripe.creditNotes.list({ invoice: invoiceId, limit: 100 })) {
    if (note.metadata?.['creditpool_key'] === creditpoolKey) return note.id;
    read += 1;
    if (read >= NOTES_READ_MAX) throw new Error(`${invoiceId} has more than ${NOTES_READ_MAX} credit notes`);
  }
  return null;
}
