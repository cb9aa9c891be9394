// A Stripe subscription as it was fetched. The metered item carries the billing period; a plan version is known by its price.

export interface SubscriptionFacts {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  readonly status: string;
  readonly items: readonly SubscriptionItemFacts[];
  readonly cancelAtPeriodEnd: boolean;
  readonly canceledAt: Date | null;
  readonly endedAt: Date | null;
  readonly billingAnchor: Date;
  /** Since when it is paused; null while it is not. */
  readonly pausedAt: Date | null;
  /** All of it as it came, JSON text. */
  readonly object: string;
}

export interface SubscriptionItemFacts {
  readonly itemId: string;
  readonly priceId: string;
  readonly quantity: number | null;
  readonly periodStart: Date;
  readonly periodEnd: Date;
}

/**
 * Statuses under which a customer may spend; over the others, unknown ones included, the pool is blocked. An incomplete
 * subscription has never been paid.
 */
export const SPENDABLE_STATUSES: readonly string[] = ['active', 'trialing', 'past_due'];

export function maySpend(status: string): boolean {
  return SPENDABLE_STATUSES.includes(status);
}
