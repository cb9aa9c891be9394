import { z } from 'zod';

import type { Operation } from '../operation.ts';
import { cancellation, planChange, seatsOrder, subscriptionOrder, subscriptionStart } from '../subscriptions.ts';
import { at, atOrNull, idOf, word, wordOrNull } from '../wire-values.ts';

const subscriptionChange = { customer: idOf('customer'), stripe: z.object({ subscription: word }), state: word };

/** What it waits for, and when it was asked and over. */
const course = { waits_for: wordOrNull, requested_at: at, ended_at: atOrNull };

const order = z
  .object({
    object: z.literal('subscription_order'),
    customer: idOf('customer'),
    stripe: z.object({ subscription: wordOrNull }),
    kind: word,
    state: word,
    ...course,
  })
  .meta({ id: 'SubscriptionOrder' });

const ordered = <Kind extends string>(kind: Kind, summary: string) =>
  ({
    method: 'post',
    path: `/v1/subscriptions/:id/${kind}`,
    tag: 'Billing',
    summary,
    body: subscriptionOrder,
    answers: { 200: order },
  }) as const;

export const subscriptionOperations = {
  startSubscription: {
    method: 'post',
    path: '/v1/subscriptions',
    tag: 'Billing',
    summary: 'Subscribe a customer to a plan in its newest version',
    body: subscriptionStart,
    answers: { 200: order },
  },
  changePlan: {
    method: 'post',
    path: '/v1/subscriptions/:id/change_plan',
    tag: 'Billing',
    summary: 'Move a subscription to another plan, now or with the renewal',
    body: planChange,
    answers: {
      200: z.object({
        object: z.literal('plan_change'),
        ...subscriptionChange,
        plan: word,
        quantity: z.int(),
        starts: z.enum(['now', 'period_end']),
        ...course,
      }),
    },
  },
  cancelSubscription: {
    method: 'post',
    path: '/v1/subscriptions/:id/cancel',
    tag: 'Billing',
    summary: 'End a subscription, now with its last invoice and nothing lost, or when its period ends',
    body: cancellation,
    answers: {
      200: z.union([z.object({ object: z.literal('cancellation'), ...subscriptionChange, ...course }), order]),
    },
  },
  setSeats: {
    method: 'post',
    path: '/v1/subscriptions/:id/seats',
    tag: 'Billing',
    summary: 'Change the number of seats: new ones by the rule of the plan, fewer with the renewal',
    body: seatsOrder,
    answers: { 200: order },
  },
  keepSubscription: ordered('keep', 'Let it renew after all'),
  pauseSubscription: ordered('pause', 'Pause a subscription'),
  resumeSubscription: ordered('resume', 'Resume a paused subscription'),
  endTrial: ordered('end_trial', 'End a trial now'),
} as const satisfies Record<string, Operation>;
