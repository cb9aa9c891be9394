// A pack bought without anybody there: a one-off invoice with the pack's price, finalized and paid with the card on file.
// Every step has a key of its own, so that a run that was cut short is continued and never repeated.
import { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';

export interface TopUpRequest {
  readonly customer: string;
  readonly price: string;
  readonly currency: string;
  /** Our key, which the invoice carries. */
  readonly key: string;
}

export interface TopUpPayment {
  readonly invoiceId: string;
  readonly hostedInvoiceUrl: string | null;
  /** null: paid; else why the card did not pay, in Stripe's words. */
  readonly declined: string | null;
}

/** Makes, finalizes and pays the invoice, from wherever an earlier run has left it. */
export async function buyTopUp(
  stripe: StripeGateway,
  request: TopUpRequest,
  { idempotencyKey, known }: { readonly idempotencyKey: string; readonly known: Stripe.Invoice | null },
): Promise<TopUpPayment> {
  const { customer, price, currency, key } = request;
  const step = (name: string): { idempotencyKey: string } => ({ idempotencyKey: `${idempotencyKey}/${name}` });
  const invoice =
    known ??
    (await stripe.invoices.create(
      {
        customer,
        currency,
        collection_method: 'charge_automatically',
        // Nobody but us collects it: a declined card is asked again by a person only.
        auto_advance: false,
        pending_invoice_items_behavior: 'exclude',
        metadata: { creditpool: 'top_up', creditpool_key: key },
      },
      step('invoice'),
    ));
  if (invoice.status === 'draft') {
    if (invoice.lines.data.length === 0) {
      await stripe.invoiceItems.create({ customer, invoice: invoice.id, pricing: { price } }, step('item'));
    }
    await stripe.invoices.finalizeInvoice(invoice.id, { auto_advance: false }, step('finalize'));
  }
  try {
    const paid = await stripe.invoices.pay(invoice.id, { off_session: true }, step('pay'));
    return paymentOf(paid);
  } catch (error) {
    const declined = declineOf(error);
    const now = await stripe.invoices.retrieve(invoice.id);
    if (now.status === 'paid') return paymentOf(now);
    if (declined === null) throw error;
    return { ...paymentOf(now), declined };
  }
}

/** The invoice of an earlier run; null when it made none. */
export async function findTopUpInvoice(
  stripe: StripeGateway,
  { customer, key }: Pick<TopUpRequest, 'customer' | 'key'>,
): Promise<Stripe.Invoice | null> {
  let read = 0;
  for await (const invoice of stripe.invoices.list({ customer, limit: 100 })) {
    if (invoice.metadata?.['creditpool_key'] === key) return invoice;
    read += 1;
    if (read >= INVOICES_READ_MAX) return null;
  }
  return null;
}

const INVOICES_READ_MAX = 1_000;

/** Whether an earlier run came to its end: paid, or tried and declined. */
export function isFinished(invoice: Stripe.Invoice): boolean {
  return invoice.status === 'paid' || (invoice.status === 'open' && invoice.attempted);
}

export function paymentOf(invoice: Stripe.Invoice): TopUpPayment {
  return {
    invoiceId: invoice.id,
    hostedInvoiceUrl: invoice.hosted_invoice_url ?? null,
    declined: invoice.status === 'paid' ? null : `the invoice is ${invoice.status ?? 'draft'}`,
  };
}

/** Why the card did not pay: declined, authentication required, or no card at all; null for any other failure. */
function declineOf(error: unknown): string | null {
  if (error instanceof Stripe.errors.StripeCardError) {
    return error.decline_code ?? error.code ?? error.message;
  }
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return null;
  // Stripe refuses to pay an invoice of a customer without a card.
  return /default_payment_method|no attached payment|missing/i.test(`${error.code ?? ''} ${error.message}`)
    ? 'no payment method'
    : null;
}
