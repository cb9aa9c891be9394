import { z } from 'zod';

import type { Operation } from '../operation.ts';
import { checkoutBody, portalTokenBody, portalUsageQuery } from '../portal.ts';
import { at, atOrNull, credits, currency, minor, word, wordOrNull } from '../wire-values.ts';

const use = z.object({ action: word, name: word, member: wordOrNull, at, credits });

const grant = z.object({
  source: word,
  granted: credits,
  used: credits,
  held: credits,
  left: credits,
  spendable: z.boolean(),
  effective_at: at,
  expires_at: atOrNull,
});

const cost = z.object({
  action: word,
  name: word,
  price: word.meta({ description: 'what one use costs, in words' }),
  cases: z.array(word),
  flat: credits.nullable(),
  next: z.object({ price: word, from: at }).nullable(),
});

const portal = z
  .object({
    object: z.literal('portal'),
    unit: word,
    plan: wordOrNull,
    level: z.enum(['no_plan', 'unlimited', 'fine', 'low', 'very_low', 'empty']),
    notice: wordOrNull.meta({ description: 'what is only observed and takes nothing; null: everything counts' }),
    available: credits,
    granted: credits,
    held: credits,
    overage: credits,
    debt: credits,
    period: z.object({ starts_at: at, ends_at: at }).nullable(),
    expiring: z.array(z.object({ credits, at })),
    policy: z.array(z.object({ rule: word, title: word, text: word })),
    costs: z.array(cost),
    recent: z.array(use),
    grants: z.array(grant),
    may_buy: z.boolean(),
    packs: z.array(z.object({ pack: word, name: word, credits, amount_minor: minor, currency })),
    top_up: z.enum(['off', 'on', 'paused']),
    as_of: at,
  })
  .meta({ id: 'Portal' });

const dayOfUse = z.object({
  day: z.iso.date(),
  action: word,
  name: word,
  member: wordOrNull,
  events: z.int(),
  credits,
});

export const portalOperations = {
  createPortalToken: {
    method: 'post',
    path: '/v1/portal_tokens',
    tag: 'Portal',
    summary: 'Let one customer look at itself for a while: a token for its page',
    body: portalTokenBody,
    answers: {
      201: z.object({ object: z.literal('portal_token'), token: word, expires_at: at, may_buy: z.boolean() }),
    },
  },
  readPortal: {
    method: 'get',
    path: '/v1/portal',
    tag: 'Portal',
    summary: "All that a customer's page shows: what is left, what ends, what things cost",
    answers: { 200: portal },
  },
  readPortalUsage: {
    method: 'get',
    path: '/v1/portal/usage',
    tag: 'Portal',
    summary: 'What was used, by day, action and member',
    query: portalUsageQuery,
    answers: { 200: z.object({ object: z.literal('usage_by_day'), from: at, to: at, data: z.array(dayOfUse) }) },
    csv: 'on_request',
  },
  openCheckout: {
    method: 'post',
    path: '/v1/portal/checkout_sessions',
    tag: 'Portal',
    summary: "Open Stripe's page for buying a pack",
    body: checkoutBody,
    answers: { 201: z.object({ object: z.literal('checkout_session'), url: word, expires_at: at }) },
  },
} as const satisfies Record<string, Operation>;
