// What stands beside the routes that ask for a key: who asks is a load balancer, Stripe, or a reader of this document.
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';

const figure = z.number();

const health = z.looseObject({
  status: z.enum(['ready', 'not_ready']),
  because: z.string().optional(),
  outboxWaiting: figure.optional(),
  outboxOldestSeconds: figure.optional(),
  outboxParked: figure.optional(),
  inboxWaiting: figure.optional(),
  inboxOldestSeconds: figure.optional(),
  inboxParked: figure.optional(),
  meterOldestSeconds: figure.optional(),
  stripeFailingSeconds: figure.optional(),
});

const policy = z.object({
  object: z.literal('policy'),
  plan: z.string(),
  name: z.string(),
  version: z.int(),
  offered: z.boolean(),
  rules: z.array(z.object({ rule: z.string(), title: z.string(), text: z.string() })),
  order_form: z.string(),
  invoice_text: z.string(),
});

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

const open = (operationId: string, summary: string, responses: ZodOpenApiOperationObject['responses']) => ({
  operationId,
  tags: ['Operating'],
  summary,
  security: [],
  responses,
});

export const STANDING: Readonly<Record<string, Record<string, ZodOpenApiOperationObject>>> = {
  '/healthz': {
    get: open('isAlive', 'The process lives', {
      200: { description: 'It does.', content: json(z.object({ status: z.literal('ok') })) },
    }),
  },
  '/readyz': {
    get: open('isReady', 'Whether to send traffic here, with what waits and what is parked', {
      200: { description: 'Send it traffic.', content: json(health) },
      503: { description: 'Send it elsewhere; `because` says why.', content: json(health) },
    }),
  },
  '/openapi.json': {
    get: open('getOpenApi', 'This document', {
      200: { description: 'OpenAPI 3.1.', content: json(z.looseObject({ openapi: z.string() })) },
    }),
  },
  '/v1/plans/{plan}/policy': {
    get: {
      ...open('readPolicy', 'The rules of a plan in plain sentences, for whoever asks', {
        200: { description: 'As it is sold now.', content: json(policy) },
        '4XX': { description: 'There is no such plan.' },
      }),
      requestParams: { path: z.object({ plan: z.string() }) },
    },
  },
  '/v1/webhooks/stripe': {
    post: {
      ...open('receiveStripeEvent', 'Where Stripe sends its events; signed, stored, applied later', {
        200: { description: 'Stored.', content: json(z.object({ received: z.literal(true) })) },
        '4XX': { description: 'Not from Stripe, or not for this deployment.' },
        '5XX': { description: 'Stripe sends it again.' },
      }),
      requestBody: { content: json(z.looseObject({})) },
    },
  },
};
