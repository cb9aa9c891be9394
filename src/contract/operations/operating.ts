import { z } from 'zod';

import { ALERT_KINDS } from '../../domain/alert.ts';
import { alertsQuery, deliveriesQuery, endpointBody, testAlertBody } from '../alerts.ts';
import { outboxQuery, parkedQuery } from '../lists.ts';
import type { Operation } from '../operation.ts';
import { sandboxClock } from '../sandbox.ts';
import { at, atOrNull, idOf, listOf, word, wordOrNull } from '../wire-values.ts';

const parked = {
  state: z.literal('parked'),
  attempts: z.int(),
  outcome: wordOrNull,
  what: word,
  why: word,
  next: word,
  parked_at: atOrNull,
  created_at: at,
};

const endpoint = {
  id: idOf('endpoint'),
  object: z.literal('webhook_endpoint'),
  url: word,
  description: word,
  state: z.enum(['active', 'disabled']),
  failing_since: atOrNull,
  disabled_at: atOrNull,
  disabled_because: wordOrNull,
  old_secret_signs_until: atOrNull,
  created_at: at,
};
const shownEndpoint = z.object(endpoint).meta({ id: 'WebhookEndpoint' });
const withSecret = z
  .object({ ...endpoint, secret: word.meta({ description: 'shown this once' }) })
  .meta({ id: 'NewWebhookEndpoint' });

export const operatingOperations = {
  listParkedMessages: {
    method: 'get',
    path: '/v1/outbox',
    tag: 'Operating',
    summary: 'Messages for Stripe that stopped after their last try, and what to do about each',
    query: outboxQuery,
    answers: {
      200: listOf(
        z.object({
          id: word,
          object: z.literal('outbox_message'),
          customer: idOf('customer'),
          queue: word,
          call: word,
          ...parked,
          waiting: z.int(),
          first_sent_at: atOrNull,
        }),
      ),
    },
  },
  retryMessage: {
    method: 'post',
    path: '/v1/outbox/:id/retry',
    tag: 'Operating',
    summary: 'Try a parked message again',
    answers: { 200: z.object({ id: word, object: z.literal('outbox_message'), state: z.literal('unknown') }) },
  },
  listParkedStripeEvents: {
    method: 'get',
    path: '/v1/stripe_events',
    tag: 'Operating',
    summary: 'Events of Stripe that could not be applied, and what to do about each',
    query: parkedQuery,
    answers: {
      200: listOf(
        z.object({
          id: word,
          object: z.literal('stripe_event'),
          type: word,
          about: wordOrNull,
          ...parked,
          received_at: at,
        }),
      ),
    },
  },
  replayStripeEvent: {
    method: 'post',
    path: '/v1/stripe_events/:id/replay',
    tag: 'Operating',
    summary: 'Apply a parked event again',
    answers: { 200: z.object({ id: word, object: z.literal('stripe_event'), state: z.literal('received') }) },
  },
  listAlerts: {
    method: 'get',
    path: '/v1/alerts',
    tag: 'Webhooks',
    summary: 'What somebody was told of, the newest first, with each delivery',
    query: alertsQuery,
    answers: {
      200: listOf(
        z.object({
          id: idOf('alert'),
          object: z.literal('alert'),
          customer: idOf('customer').nullable().meta({ description: 'null: about the deployment' }),
          kind: z.enum(ALERT_KINDS),
          data: z.looseObject({}),
          raised_at: at,
          deliveries: z.array(
            z.object({
              id: idOf('delivery'),
              endpoint: idOf('endpoint').nullable(),
              hook: wordOrNull,
              channel: word,
              state: word,
              attempts: z.int(),
              response_status: z.int().nullable(),
              outcome: wordOrNull,
              finished_at: wordOrNull,
            }),
          ),
        }),
      ),
    },
  },
  testAlerts: {
    method: 'post',
    path: '/v1/alerts/test',
    tag: 'Webhooks',
    summary: 'Tell a test on every channel',
    body: testAlertBody,
    answers: { 200: z.object({ id: idOf('alert'), object: z.literal('alert'), kind: z.literal('test') }) },
  },
  listParkedDeliveries: {
    method: 'get',
    path: '/v1/alert_deliveries',
    tag: 'Webhooks',
    summary: "Deliveries that were given up, with the receiver's last answer",
    query: deliveriesQuery,
    answers: {
      200: listOf(
        z.object({
          id: idOf('delivery'),
          object: z.literal('alert_delivery'),
          alert: idOf('alert'),
          channel: word,
          endpoint: idOf('endpoint').nullable(),
          hook: wordOrNull.meta({ description: 'the function of the host that did not take it' }),
          attempts: z.int(),
          response_status: z.int().nullable(),
          response_body: wordOrNull,
          outcome: wordOrNull,
          created_at: at,
        }),
      ),
    },
  },
  retryDelivery: {
    method: 'post',
    path: '/v1/alert_deliveries/:id/retry',
    tag: 'Webhooks',
    summary: 'Deliver again, from the first pause on',
    answers: {
      200: z.object({ id: idOf('delivery'), object: z.literal('alert_delivery'), state: z.literal('pending') }),
    },
  },
  createWebhookEndpoint: {
    method: 'post',
    path: '/v1/webhook_endpoints',
    tag: 'Webhooks',
    summary: 'Register an endpoint that answers a signed challenge',
    body: endpointBody,
    answers: { 200: withSecret },
  },
  listWebhookEndpoints: {
    method: 'get',
    path: '/v1/webhook_endpoints',
    tag: 'Webhooks',
    summary: 'Every endpoint, the oldest first',
    answers: { 200: listOf(shownEndpoint) },
  },
  rotateWebhookSecret: {
    method: 'post',
    path: '/v1/webhook_endpoints/:id/rotate',
    tag: 'Webhooks',
    summary: 'A new secret; for 24 hours both sign',
    answers: { 200: withSecret },
  },
  enableWebhookEndpoint: {
    method: 'post',
    path: '/v1/webhook_endpoints/:id/enable',
    tag: 'Webhooks',
    summary: 'Switch an endpoint on',
    answers: { 200: shownEndpoint },
  },
  disableWebhookEndpoint: {
    method: 'post',
    path: '/v1/webhook_endpoints/:id/disable',
    tag: 'Webhooks',
    summary: 'Switch an endpoint off',
    answers: { 200: shownEndpoint },
  },
  getSandboxClock: {
    method: 'get',
    path: '/v1/sandbox/clock',
    tag: 'Operating',
    summary: "The sandbox's time",
    answers: { 200: z.object({ object: z.literal('sandbox_clock'), now: at }) },
  },
  moveSandboxClock: {
    method: 'post',
    path: '/v1/sandbox/clock',
    tag: 'Operating',
    summary: "Move the sandbox's time on; what falls due on the way is done on the way",
    body: sandboxClock,
    answers: { 200: z.object({ object: z.literal('sandbox_clock'), now: at, moved_from: at, stops: z.int() }) },
  },
} as const satisfies Record<string, Operation>;
