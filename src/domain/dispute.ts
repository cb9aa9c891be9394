// A dispute at Stripe as it was fetched: a customer's bank takes a payment back, and decides later whether to keep it.
// Money moves by the dispute's balance transactions alone; what its status says is about credits and losses.

export interface DisputeMovement {
  readonly transactionId: string;
  /** Positive is money to us, in minor units of the dispute's currency. */
  readonly amountMinor: bigint;
  /** What Stripe takes for the dispute, in minor units of `feeCurrency`; negative gives it back. */
  readonly feeMinor: bigint;
  readonly feeCurrency: string;
  readonly at: Date;
}

export interface Dispute {
  readonly disputeId: string;
  readonly stripeCustomerId: string;
  readonly invoiceId: string;
  readonly chargeId: string;
  readonly paymentIntentId: string | null;
  readonly status: string;
  readonly reason: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly createdAt: Date;
  readonly evidenceDueBy: Date | null;
  readonly movements: readonly DisputeMovement[];
  /** All of it as it came, JSON text. */
  readonly object: string;
}

/** What a dispute means for credits: an inquiry moves nothing yet; an open one freezes, a lost one takes, a won one frees. */
export type DisputeStand = 'inquiry' | 'open' | 'won' | 'lost';

const INQUIRIES: ReadonlySet<string> = new Set([
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'prevented',
]);

/** Reads Stripe's status; one that we do not know is open, so that nothing can be spent meanwhile. */
export function standOf(status: string): DisputeStand {
  if (INQUIRIES.has(status)) return 'inquiry';
  return status === 'won' || status === 'lost' ? status : 'open';
}
