import { z } from 'zod';

import { customerName, toWireId } from './ids.ts';
import { text } from './text.ts';

/** Move a subscription to another plan, now or with the renewal; without a quantity it keeps its seats. */
export const planChange = z.strictObject({
  plan: text(100),
  quantity: z.int().min(1).max(1_000_000).exactOptional(),
  /** now: prorated, the running period is the new plan's. period_end: nothing changes before the renewal. */
  starts: z.enum(['now', 'period_end']).default('now'),
  reason: text(500),
});

/** End a subscription. now: with its last invoice. period_end: it goes on until its period ends, and does not renew. */
export const cancellation = z.strictObject({ ends: z.enum(['now', 'period_end']).default('now'), reason: text(500) });

/** Subscribe a customer to a plan in its newest version; with a trial its first fee is due when that ends. */
export const subscriptionStart = z.strictObject({
  customer: customerName,
  plan: text(100),
  quantity: z.int().min(1).max(1_000_000).default(1),
  trial: z.boolean().default(false),
  reason: text(500),
});

/** Why a subscription is paused, resumed, kept, or its trial ended. */
export const subscriptionOrder = z.strictObject({ reason: text(500) });

/** How many seats a subscription is to have. */
export const seatsOrder = z.strictObject({ quantity: z.int().min(1).max(1_000_000), reason: text(500) });

/** What was asked for a subscription as answers show it. */
export function shownSubscriptionOrder(order: {
  readonly customerId: string;
  readonly kind: string;
  readonly subscriptionId: string | null;
  readonly state: string;
  readonly waitsFor: string | null;
  readonly requestedAt: Date;
  readonly endedAt: Date | null;
}) {
  const { customerId, kind, subscriptionId, state, waitsFor, requestedAt, endedAt } = order;
  return {
    object: 'subscription_order',
    customer: toWireId('customer', customerId),
    stripe: { subscription: subscriptionId },
    kind,
    state,
    waits_for: waitsFor,
    requested_at: requestedAt,
    ended_at: endedAt,
  };
}

/** An end on its way as answers show it. */
export function shownCancellation(ending: {
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly state: string;
  readonly waitsFor: string | null;
  readonly requestedAt: Date;
  readonly endedAt: Date | null;
}) {
  const { customerId, subscriptionId, state, waitsFor, requestedAt, endedAt } = ending;
  return {
    object: 'cancellation',
    customer: toWireId('customer', customerId),
    stripe: { subscription: subscriptionId },
    state,
    waits_for: waitsFor,
    requested_at: requestedAt,
    ended_at: endedAt,
  };
}
