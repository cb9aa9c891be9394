import { z } from 'zod';

import type { Operation } from '../operation.ts';
import { spendingLimitBody, topUpConsentBody, topUpsQuery, withdrawalBody } from '../top-ups.ts';
import { at, atOrNull, credits, currency, idOf, minor, word, wordOrNull } from '../wire-values.ts';

const consent = z
  .object({
    object: z.literal('top_up_consent'),
    state: z.enum(['in_force', 'paused']),
    accepted_by: word,
    text_hash: word,
    monthly_cap_minor: minor.nullable(),
    accepted_at: at,
    paused_at: atOrNull,
    paused_because: wordOrNull,
  })
  .meta({ id: 'TopUpConsent' });

const topUp = z.object({
  id: idOf('topup'),
  object: z.literal('top_up'),
  state: word,
  pack: word,
  amount_minor: minor,
  currency,
  wanted_at: at,
  ended_at: atOrNull,
  outcome: wordOrNull,
  stripe: z.object({ invoice: word, pay_at: wordOrNull }).nullable(),
});

export const topUpOperations = {
  consentToTopUps: {
    method: 'put',
    path: '/v1/customers/:id/top_up_consent',
    tag: 'Billing',
    summary: 'Record who agreed to buying packs by itself, and to which text',
    body: topUpConsentBody,
    answers: { 200: consent },
  },
  withdrawTopUpConsent: {
    method: 'post',
    path: '/v1/customers/:id/top_up_consent/withdraw',
    tag: 'Billing',
    summary: 'Buy nothing more by itself',
    body: withdrawalBody,
    answers: { 200: z.object({ object: z.literal('top_up_consent'), state: z.literal('withdrawn') }) },
  },
  resumeTopUps: {
    method: 'post',
    path: '/v1/customers/:id/top_up_consent/resume',
    tag: 'Billing',
    summary: 'Go on after a card had failed',
    answers: { 200: consent },
  },
  listTopUps: {
    method: 'get',
    path: '/v1/customers/:id/top_ups',
    tag: 'Billing',
    summary: 'Packs that were bought by themselves, the newest first, and the consent',
    query: topUpsQuery,
    answers: {
      200: z.object({
        object: z.literal('list'),
        has_more: z.boolean(),
        consent: consent.nullable(),
        data: z.array(topUp),
      }),
    },
  },
  limitSpending: {
    method: 'put',
    path: '/v1/customers/:id/spending_limit',
    tag: 'Billing',
    summary: "A customer's own limit of overage, below the plan's cap",
    body: spendingLimitBody,
    answers: {
      200: z.object({
        object: z.literal('spending_limit'),
        overage_credits: credits.nullable(),
        plan_cap: credits.nullable(),
        used: credits,
      }),
    },
  },
} as const satisfies Record<string, Operation>;
