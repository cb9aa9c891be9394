import type { Refund } from '../domain/refund.ts';
import type { StripeGateway } from './gateway.ts';
import { invoicePaidBy } from './invoice-of-payment.ts';
import { asStored, idOrNull, instant, minor, unlessMissing } from './reading.ts';

/** A refund as it is now. Null when Stripe has none, or when it returns a payment of no customer or on no invoice. */
export async function fetchRefund(stripe: StripeGateway, refundId: string): Promise<Refund | null> {
  const refund = await unlessMissing(stripe.refunds.retrieve(refundId, { expand: ['charge', 'payment_intent'] }));
  if (refund === null) return null;
  // The refund names no customer; the payment that it returns does.
  const { charge, payment_intent: intent } = refund;
  const ofCharge = typeof charge === 'object' && charge !== null ? idOrNull(charge.customer) : null;
  const ofIntent = typeof intent === 'object' && intent !== null ? idOrNull(intent.customer) : null;
  const stripeCustomerId = ofCharge ?? ofIntent;
  const invoiceId = await invoicePaidBy(stripe, idOrNull(intent));
  if (stripeCustomerId === null || invoiceId === null) return null;
  return {
    refundId: refund.id,
    stripeCustomerId,
    invoiceId,
    paymentIntentId: idOrNull(intent),
    status: refund.status ?? 'pending',
    reason: refund.reason,
    amountMinor: minor(refund.amount),
    currency: refund.currency,
    createdAt: instant(refund.created),
    failedAt: await returnedAt(stripe, refund.failure_balance_transaction),
    failureReason: refund.failure_reason ?? null,
    object: asStored({ ...refund, charge: idOrNull(charge), payment_intent: idOrNull(intent) }),
  };
}

/** When a failed refund's money came back: only its balance transaction says so. */
async function returnedAt(
  stripe: StripeGateway,
  reference: string | { readonly created: number } | undefined,
): Promise<Date | null> {
  if (reference === undefined) return null;
  const returned = typeof reference === 'string' ? await stripe.balanceTransactions.retrieve(reference) : reference;
  return instant(returned.created);
}
