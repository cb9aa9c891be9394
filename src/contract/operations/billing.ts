import { z } from 'zod';

import { HOLD_REASONS } from '../../domain/settlement.ts';
import { grantBody } from '../grants.ts';
import { invoicesQuery } from '../lists.ts';
import type { Operation } from '../operation.ts';
import { settlementDecision, settlementsQuery } from '../settlements.ts';
import { at, atOrNull, credits, currency, idOf, listOf, minor, word, wordOrNull } from '../wire-values.ts';

const invoiceSummary = {
  id: word,
  object: z.literal('invoice'),
  number: wordOrNull,
  status: word,
  billing_reason: wordOrNull,
  currency,
  credits_applied_minor: minor,
  total_minor: minor,
  amount_due_minor: minor,
  amount_remaining_minor: minor,
  created_at: at,
  finalized_at: atOrNull,
  paid_at: atOrNull,
};

const settlement = z
  .object({
    id: idOf('period'),
    object: z.literal('settlement'),
    customer: idOf('customer'),
    external_id: wordOrNull,
    customer_name: wordOrNull,
    plan: word,
    state: z.enum(['waiting', 'held', 'corrected', 'finalized', 'settled']),
    hold_reason: z.enum(HOLD_REASONS).nullable(),
    held_because: wordOrNull,
    currency,
    credits_paid_by_lots: credits,
    overage: credits,
    owed_minor: minor,
    eligible_grants_minor: minor,
    would_charge_minor: minor,
    correction_minor: minor,
    period_start: at,
    period_end: at,
    looked_at: atOrNull,
    decidable_until: atOrNull,
    decision: wordOrNull,
    decided_by: wordOrNull,
    reason: wordOrNull,
    stripe: z.object({ invoice: wordOrNull }),
  })
  .meta({ id: 'Settlement' });

export const billingOperations = {
  grantCredits: {
    method: 'post',
    path: '/v1/grants',
    tag: 'Grants',
    summary: 'Give credits that nobody paid for: a promotion, or goodwill',
    body: grantBody,
    answers: {
      200: z
        .object({
          id: idOf('grant'),
          object: z.literal('grant'),
          customer: idOf('customer'),
          source: word,
          credits,
          remaining: credits,
          features: z.array(word).nullable(),
          priority: z.int(),
          effective_at: at,
          expires_at: atOrNull,
          balance: credits,
        })
        .meta({ id: 'Grant' }),
    },
  },
  listInvoices: {
    method: 'get',
    path: '/v1/invoices',
    tag: 'Billing',
    summary: "A customer's mirrored invoices, the newest first",
    query: invoicesQuery,
    answers: { 200: listOf(z.object(invoiceSummary)) },
  },
  getInvoice: {
    method: 'get',
    path: '/v1/invoices/:id',
    tag: 'Billing',
    summary: 'A mirrored invoice, and what of each line is still creditable',
    answers: {
      200: z
        .object({
          ...invoiceSummary,
          customer: idOf('customer'),
          period_start: at,
          period_end: at,
          subtotal_minor: minor,
          discounts_minor: minor,
          tax_minor: minor,
          lines: z.array(
            z.object({
              id: word,
              kind: word,
              description: wordOrNull,
              amount_minor: minor,
              discounts_minor: minor,
              credits_applied_minor: minor,
              tax_minor: minor,
              creditable_minor: minor,
              period_start: atOrNull,
              period_end: atOrNull,
            }),
          ),
          credit_notes: z.array(
            z.object({ id: word, number: wordOrNull, status: word, total_minor: minor, created_at: at }),
          ),
        })
        .meta({ id: 'Invoice' }),
    },
  },
  listSettlements: {
    method: 'get',
    path: '/v1/settlements',
    tag: 'Billing',
    summary: 'Cycles and their drafts: what is owed, what Stripe would charge, why it waits',
    query: settlementsQuery,
    answers: { 200: listOf(settlement) },
  },
  acceptSettlement: {
    method: 'post',
    path: '/v1/settlements/:id/accept',
    tag: 'Billing',
    summary: 'Let a held draft go as it is',
    body: settlementDecision,
    answers: { 200: settlement },
  },
  correctSettlement: {
    method: 'post',
    path: '/v1/settlements/:id/correct',
    tag: 'Billing',
    summary: 'Correct a held draft to what the ledger says is owed',
    body: settlementDecision,
    answers: { 200: settlement },
  },
} as const satisfies Record<string, Operation>;
