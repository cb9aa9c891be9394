/** A Stripe customer as it was fetched. */
export interface CustomerFacts {
  readonly stripeCustomerId: string;
  readonly externalId: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly currency: string | null;
  readonly testClock: string | null;
  /** Negative is the customer's credit. */
  readonly balanceMinor: bigint;
  readonly createdAt: Date;
}
