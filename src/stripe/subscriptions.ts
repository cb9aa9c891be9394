import type { SubscriptionFacts } from '../domain/subscription.ts';
import type { StripeGateway } from './gateway.ts';
import { asStored, idOf, instant, instantOrNull, unlessMissing } from './reading.ts';

const ITEMS_MAX = 100;

/** Ends a subscription now: its usage is invoiced, its fee is not prorated. */
export async function cancelWithInvoice(
  stripe: StripeGateway,
  subscriptionId: string,
  idempotencyKey: string,
): Promise<void> {
  await stripe.subscriptions.cancel(subscriptionId, { invoice_now: true, prorate: false }, { idempotencyKey });
}

/** A subscription as it is now, with all its items. */
export async function fetchSubscription(
  stripe: StripeGateway,
  subscriptionId: string,
): Promise<SubscriptionFacts | null> {
  const subscription = await unlessMissing(stripe.subscriptions.retrieve(subscriptionId));
  if (subscription === null) return null;
  const items = subscription.items.has_more
    ? await stripe.subscriptionItems
        .list({ subscription: subscriptionId, limit: 100 })
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
    object: asStored(subscription),
  };
}
