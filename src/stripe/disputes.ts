import type { Stripe } from 'stripe';

import type { Dispute, DisputeMovement } from '../domain/dispute.ts';
import type { StripeGateway } from './gateway.ts';
import { invoicePaidBy } from './invoice-of-payment.ts';
import { asStored, idOf, idOrNull, instant, instantOrNull, minor, unlessMissing } from './reading.ts';

/** A dispute as it is now. Null when Stripe has none, or when it is about a payment of no customer or on no invoice. */
export async function fetchDispute(stripe: StripeGateway, disputeId: string): Promise<Dispute | null> {
  const dispute = await unlessMissing(stripe.disputes.retrieve(disputeId, { expand: ['charge'] }));
  if (dispute === null) return null;
  const { charge } = dispute;
  const stripeCustomerId = typeof charge === 'object' ? idOrNull(charge.customer) : null;
  const paymentIntentId = idOrNull(dispute.payment_intent);
  const invoiceId = await invoicePaidBy(stripe, paymentIntentId);
  if (stripeCustomerId === null || invoiceId === null) return null;
  return {
    disputeId: dispute.id,
    stripeCustomerId,
    invoiceId,
    chargeId: idOf(charge),
    paymentIntentId,
    status: dispute.status,
    reason: dispute.reason,
    amountMinor: minor(dispute.amount),
    currency: dispute.currency,
    createdAt: instant(dispute.created),
    evidenceDueBy: instantOrNull(dispute.evidence_details.due_by),
    movements: dispute.balance_transactions.map((movement) => toMovement(movement, dispute)),
    object: asStored({ ...dispute, charge: idOf(charge) }),
  };
}

/** Settled in another currency than it was charged in, the movement is the disputed amount as it was charged. */
function toMovement(movement: Stripe.BalanceTransaction, dispute: Stripe.Dispute): DisputeMovement {
  const charged = movement.amount < 0 ? -dispute.amount : dispute.amount;
  return {
    transactionId: movement.id,
    amountMinor: minor(movement.currency === dispute.currency ? movement.amount : charged),
    feeMinor: minor(movement.fee),
    feeCurrency: movement.currency,
    at: instant(movement.created),
  };
}
