// What people ask of a subscription, as Stripe calls it.
import type { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';

export interface NewSubscription {
  readonly customer: string;
  readonly basePriceId: string | null;
  readonly meteredPriceId: string | null;
  readonly quantity: number;
  /** Days before the first fee; null: it is due at once. */
  readonly trialDays: number | null;
  /** Our key, which the subscription carries. */
  readonly key: string;
}

/** Starts a subscription; one whose first payment fails stays incomplete for 23 hours, to be paid by the customer. */
export async function startSubscription(
  stripe: StripeGateway,
  { customer, basePriceId, meteredPriceId, quantity, trialDays, key }: NewSubscription,
  idempotencyKey: string,
): Promise<string> {
  const params: Stripe.SubscriptionCreateParams = {
    customer,
    items: [
      ...(basePriceId === null ? [] : [{ price: basePriceId, quantity }]),
      ...(meteredPriceId === null ? [] : [{ price: meteredPriceId }]),
    ],
    payment_behavior: 'allow_incomplete',
    metadata: { creditpool_key: key },
    ...(trialDays !== null && { trial_period_days: trialDays }),
  };
  const { id } = await stripe.subscriptions.create(params, { idempotencyKey });
  return id;
}

/** The subscription that carries our key; null when the customer has none. */
export async function findStarted(
  stripe: StripeGateway,
  { customer, key }: Pick<NewSubscription, 'customer' | 'key'>,
): Promise<string | null> {
  for await (const { id, metadata } of stripe.subscriptions.list({ customer, status: 'all', limit: 100 })) {
    if (metadata['creditpool_key'] === key) return id;
  }
  return null;
}

export async function endTrial(stripe: StripeGateway, subscription: string, idempotencyKey: string): Promise<void> {
  await stripe.subscriptions.update(subscription, { trial_end: 'now' }, { idempotencyKey });
}

export async function setCancelAtPeriodEnd(
  stripe: StripeGateway,
  subscription: string,
  cancels: boolean,
  idempotencyKey: string,
): Promise<void> {
  await stripe.subscriptions.update(subscription, { cancel_at_period_end: cancels }, { idempotencyKey });
}

export interface SeatChange {
  readonly subscription: string;
  readonly item: string;
  readonly quantity: number;
  /** Seats that the fee of the running period covers: only those beyond are prorated. */
  readonly paid: number;
}

/** Sets the quantity of the fee's item. Seats that come back in the period that they were paid for cost nothing again. */
export async function setSeats(
  stripe: StripeGateway,
  { subscription, item, quantity, paid }: SeatChange,
  idempotencyKey: string,
): Promise<void> {
  const change = async (seats: number, behavior: 'none' | 'create_prorations', key: string): Promise<void> => {
    const params: Stripe.SubscriptionUpdateParams = {
      items: [{ id: item, quantity: seats }],
      proration_behavior: behavior,
    };
    await stripe.subscriptions.update(subscription, params, { idempotencyKey: key });
  };
  if (quantity <= paid) return change(quantity, 'none', idempotencyKey);
  await change(paid, 'none', `${idempotencyKey}/paid`);
  return change(quantity, 'create_prorations', idempotencyKey);
}

/** The quantity of an item; null when the subscription has lost it. */
export async function readSeats(stripe: StripeGateway, subscription: string, item: string): Promise<number | null> {
  const { items } = await stripe.subscriptions.retrieve(subscription);
  return items.data.find(({ id }) => id === item)?.quantity ?? null;
}

/** Pauses: usage so far is invoiced at once, what is left of the fee is credited on the same invoice. */
export async function pauseSubscription(
  stripe: StripeGateway,
  subscription: string,
  idempotencyKey: string,
): Promise<void> {
  const params: Stripe.SubscriptionPauseParams = {
    type: 'subscription',
    bill_for: { outstanding_usage_through: { type: 'now' }, unused_time_from: { type: 'now' } },
    invoicing_behavior: 'invoice',
  };
  await stripe.subscriptions.pause(subscription, params, { idempotencyKey });
}

/** Resumes with a new period from now on; its fee is due at once. */
export async function resumeSubscription(
  stripe: StripeGateway,
  subscription: string,
  idempotencyKey: string,
): Promise<void> {
  await stripe.subscriptions.resume(subscription, { billing_cycle_anchor: { type: 'now' } }, { idempotencyKey });
}

/** What tells whether an order was carried out. */
export async function readOrdered(
  stripe: StripeGateway,
  subscription: string,
): Promise<{ readonly status: string; readonly cancelAtPeriodEnd: boolean }> {
  const found = await stripe.subscriptions.retrieve(subscription);
  return { status: found.status, cancelAtPeriodEnd: found.cancel_at_period_end };
}
