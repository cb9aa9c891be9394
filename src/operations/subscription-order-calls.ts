// The messages that carry out what people ask of a subscription. A refusal is the asker's to read.
import type { SubscriptionOrderKind } from '../domain/subscription-order.ts';
import { now as clock } from '../storage/clock.ts';
import { readCustomer } from '../storage/customers.ts';
import { planVersion } from '../storage/plans.ts';
import { mostSeats, readSubscription } from '../storage/subscriptions.ts';
import type { StripeGateway } from '../stripe/gateway.ts';
import {
  endTrial,
  findStarted,
  type NewSubscription,
  pauseSubscription,
  readOrdered,
  readSeats,
  resumeSubscription,
  type SeatChange,
  setCancelAtPeriodEnd,
  setSeats,
  startSubscription,
} from '../stripe/subscription-orders.ts';
import type { OutgoingCall } from './outgoing-call.ts';

type Ordered = Awaited<ReturnType<typeof readOrdered>>;
type Request = { readonly subscription: string };

export const startSubscriptionCall: OutgoingCall<NewSubscription & { readonly [field: string]: unknown }> = {
  render: async ({ db }, message) => {
    const { planVersionId, quantity, trialDays } = message.request as {
      planVersionId: string;
      quantity: number;
      trialDays: number | null;
    };
    const customer = (await readCustomer(db, message))?.stripeCustomerId ?? null;
    if (customer === null) return { cancelled: 'Stripe does not know the customer' };
    const { stripeBasePriceId: basePriceId, stripeMeteredPriceId: meteredPriceId } = await planVersion(
      db,
      planVersionId,
    );
    const { key } = message;
    return { request: { planVersionId, customer, basePriceId, meteredPriceId, quantity, trialDays, key } };
  },
  send: async ({ stripe }, _message, request, idempotencyKey) => ({
    stripeId: await startSubscription(stripe, request, idempotencyKey),
  }),
  look: async ({ stripe }, _message, request) => {
    const stripeId = await findStarted(stripe, request);
    return stripeId === null ? 'absent' : { stripeId };
  },
  mayBeRefused: true,
};

function orderCall(
  send: (stripe: StripeGateway, subscription: string, idempotencyKey: string) => Promise<void>,
  isDone: (found: Ordered) => boolean,
): OutgoingCall<Request> {
  return {
    render: async (_deps, { subjectId }) => ({ request: { subscription: subjectId } }),
    send: async ({ stripe }, _message, { subscription }, idempotencyKey) => {
      await send(stripe, subscription, idempotencyKey);
      return { stripeId: subscription };
    },
    look: async ({ stripe }, _message, { subscription }) =>
      isDone(await readOrdered(stripe, subscription)) ? { stripeId: subscription } : 'absent',
    mayBeRefused: true,
  };
}

type SeatsRequest = SeatChange & { readonly [field: string]: unknown };

/** Design: seats that are new in the period are prorated where the plan says so; all else waits for the renewal. */
export const setSeatsCall: OutgoingCall<SeatsRequest> = {
  render: async ({ db }, message) => {
    const subscription = message.subjectId;
    const quantity = Number(message.request['quantity']);
    const stored = await readSubscription(db, message, subscription);
    if (stored?.planVersionId == null || stored.baseItemId === null) return { cancelled: 'the plan has no seats' };
    const { policy } = (await planVersion(db, stored.planVersionId)).content;
    const most = await mostSeats(db, message, subscription, await clock(db));
    const prorates = policy.seats.add === 'prorated';
    return { request: { subscription, item: stored.baseItemId, quantity, paid: prorates ? most : quantity } };
  },
  send: async ({ stripe }, _message, request, idempotencyKey) => {
    await setSeats(stripe, request, idempotencyKey);
    return { stripeId: request.subscription };
  },
  look: async ({ stripe }, _message, { subscription, item, quantity }) =>
    (await readSeats(stripe, subscription, item)) === quantity ? { stripeId: subscription } : 'absent',
  mayBeRefused: true,
};

const ORDER_CALLS: Readonly<Record<Exclude<SubscriptionOrderKind, 'start' | 'set_seats'>, OutgoingCall<Request>>> = {
  end_trial: orderCall(endTrial, ({ status }) => status !== 'trialing'),
  cancel_at_period_end: orderCall(
    (stripe, subscription, key) => setCancelAtPeriodEnd(stripe, subscription, true, key),
    ({ cancelAtPeriodEnd }) => cancelAtPeriodEnd,
  ),
  keep: orderCall(
    (stripe, subscription, key) => setCancelAtPeriodEnd(stripe, subscription, false, key),
    ({ cancelAtPeriodEnd }) => !cancelAtPeriodEnd,
  ),
  pause: orderCall(pauseSubscription, ({ status }) => status === 'paused'),
  resume: orderCall(resumeSubscription, ({ status }) => status !== 'paused'),
};

const ORDERS = new Map<string, OutgoingCall<Request>>(
  Object.entries(ORDER_CALLS).map(([kind, call]) => [`subscription.${kind}`, call]),
);

/** What a message called `subscription.<kind>` does; null when it is none of an order. */
export function subscriptionOrderCall(call: string): OutgoingCall<Request> | null {
  return ORDERS.get(call) ?? null;
}
