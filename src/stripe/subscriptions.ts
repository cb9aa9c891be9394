import type { Stripe } from 'stripe';

import type { CustomerFacts } from '../domain/stripe-customer.ts';
import type { SubscriptionFacts } from '../domain/subscription.ts';
import { customerFacts } from './customers.ts';
import type { StripeGateway } from './gateway.ts';
import { asStored, expanded, idOf, instant, instantOrNull, unlessMissing } from './reading.ts';

const ITEMS_MAX = 100;

/** Ends a subscription now: its usage is invoiced, its fee is not prorated. */
export async function cancelWithInvoice(
  stripe: StripeGateway,
  subscriptionId: string,
  idempotencyKey: string,
): Promise<void> {
  await stripe.subscriptions.cancel(subscriptionId, { invoice_now: true, prorate: false }, { idempotencyKey });
}

export interface PlanItems {
  readonly subscription: string;
  readonly basePriceId: string | null;
  readonly meteredPriceId: string | null;
  readonly quantity: number;
  /** Items of the plan it leaves; null where it has none. */
  readonly baseItemId: string | null;
  readonly meteredItemId: string | null;
}

/** Moves a subscription to other prices now. The fee is prorated; what was used until now is billed at the old price. */
export async function changePrices(
  stripe: StripeGateway,
  { subscription, basePriceId, meteredPriceId, quantity, baseItemId, meteredItemId }: PlanItems,
  idempotencyKey: string,
): Promise<void> {
  const items = [
    ...itemChange(baseItemId, basePriceId, { quantity }),
    ...itemChange(meteredItemId, meteredPriceId, {}),
  ];
  const params = { items, proration_behavior: 'create_prorations' } as const;
  await stripe.subscriptions.update(subscription, params, { idempotencyKey });
}

function itemChange(id: string | null, price: string | null, more: { readonly quantity?: number }) {
  if (price === null) return id === null ? [] : [{ id, deleted: true }];
  return [{ ...(id !== null && { id }), price, ...more }];
}

/** A subscription as it is now, with all its items. */
export async function fetchSubscription(
  stripe: StripeGateway,
  subscriptionId: string,
): Promise<SubscriptionFacts | null> {
  const subscription = await unlessMissing(stripe.subscriptions.retrieve(subscriptionId));
  return subscription === null ? null : subscriptionFacts(stripe, subscription);
}

/** The same with the customer as he is at that moment; null for a customer who was deleted. */
export async function fetchSubscriptionWithCustomer(
  stripe: StripeGateway,
  subscriptionId: string,
): Promise<{ readonly facts: SubscriptionFacts; readonly customer: CustomerFacts | null } | null> {
  const subscription = await unlessMissing(stripe.subscriptions.retrieve(subscriptionId, { expand: ['customer'] }));
  if (subscription === null) return null;
  const facts = await subscriptionFacts(stripe, { ...subscription, customer: idOf(subscription.customer) });
  return { facts, customer: customerFacts(expanded(subscription.customer)) };
}

/** What we read of a subscription, with all its items, also where it came with another object. */
export async function subscriptionFacts(
  stripe: StripeGateway,
  subscription: Stripe.Subscription,
): Promise<SubscriptionFacts> {
  const items = subscription.items.has_more
    ? await stripe.subscriptionItems
        .list({ subscription: subscription.id, limit: 100 })
        .autoPagingToArray({ limit: ITEMS_MAX })
    : subscription.items.data;
  return {
    subscriptionId: subscription.id,
    stripeCustomerId: idOf(subscription.customer),
    status: subscription.status,
    items: items.map((item) => ({
      itemId: item.id,
      priceId: item.price.id,
      quantity: item.quantity ?? null,
      periodStart: instant(item.current_period_start),
      periodEnd: instant(item.current_period_end),
    })),
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    canceledAt: instantOrNull(subscription.canceled_at),
    endedAt: instantOrNull(subscription.ended_at),
    billingAnchor: instant(subscription.billing_cycle_anchor),
    pausedAt:
      subscription.status === 'paused' ? instantOrNull(subscription.status_details?.paused.transitioned_at) : null,
    object: asStored(subscription),
  };
}
