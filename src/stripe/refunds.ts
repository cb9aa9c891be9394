import type { StripeGateway } from './gateway.ts';
import { idOrNull, instant, minor, unlessMissing } from './reading.ts';

export interface Refund {
  readonly refundId: string;
  /** pending, requires_action, succeeded, failed, canceled */
  readonly status: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly createdAt: Date;
  /** The customer whose payment it returns; null for a payment of nobody we know. */
  readonly stripeCustomerId: string | null;
}

/** A refund as it is now. The refund names no customer; the payment it returns does. */
export async function fetchRefund(stripe: StripeGateway, refundId: string): Promise<Refund | null> {
  const refund = await unlessMissing(stripe.refunds.retrieve(refundId, { expand: ['charge', 'payment_intent'] }));
  if (refund === null) return null;
  const { charge, payment_intent: intent } = refund;
  const ofCharge = typeof charge === 'object' && charge !== null ? idOrNull(charge.customer) : null;
  const ofIntent = typeof intent === 'object' && intent !== null ? idOrNull(intent.customer) : null;
  return {
    refundId: refund.id,
    status: refund.status ?? 'pending',
    amountMinor: minor(refund.amount),
    currency: refund.currency,
    createdAt: instant(refund.created),
    stripeCustomerId: ofCharge ?? ofIntent,
  };
}
