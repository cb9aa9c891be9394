// A refund at Stripe as it was fetched: money of a payment that goes back, and may come back again long after.

export interface Refund {
  readonly refundId: string;
  readonly stripeCustomerId: string;
  readonly invoiceId: string;
  readonly paymentIntentId: string | null;
  /** pending, requires_action, succeeded, failed, canceled */
  readonly status: string;
  readonly reason: string | null;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly createdAt: Date;
  /** When the money came back, by Stripe's own balance transaction. */
  readonly failedAt: Date | null;
  readonly failureReason: string | null;
  /** All of it as it came, JSON text. */
  readonly object: string;
}

/** Whether the money is gone, or on its way: what came back does not count. */
export function isGoing({ status }: Pick<Refund, 'status'>): boolean {
  return status !== 'failed' && status !== 'canceled';
}
