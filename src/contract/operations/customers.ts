import { z } from 'zod';

import { entryQuery, explainQuery } from '../explanations.ts';
import type { Operation } from '../operation.ts';
import { balanceQuery, statementQuery } from '../statements.ts';
import {
  at,
  atOrNull,
  credits,
  currency,
  idOf,
  minor,
  poolFigures,
  stripeNames,
  sums,
  word,
  wordOrNull,
} from '../wire-values.ts';

const period = z.object({ id: idOf('period'), starts_at: at, ends_at: at, cut_off_at: at });

export const lot = z
  .object({
    id: idOf('grant'),
    source: word,
    category: z.enum(['promotional', 'paid']),
    member: wordOrNull,
    granted: credits,
    used: credits,
    held: credits,
    frozen: credits,
    remaining: credits,
    spendable: z.boolean(),
    features: z.array(word).nullable(),
    effective_at: at,
    expires_at: atOrNull,
  })
  .meta({ id: 'Lot' });

const balance = z
  .object({
    object: z.literal('balance'),
    customer: idOf('customer'),
    unit: wordOrNull,
    plan: wordOrNull,
    pool_state: wordOrNull,
    not_enforced: z
      .object({ observe: z.array(word), shadow: z.array(word) })
      .meta({ description: 'actions that take nothing from this balance: they are only watched' }),
    notice: wordOrNull.meta({ description: 'the same as a sentence; null where every action is enforced' }),
    ...poolFigures,
    spending_limit: credits.nullable(),
    lots: z.array(lot),
    policy: z
      .object({ version: z.int(), rules: z.array(z.object({ rule: word, title: word, text: word })) })
      .nullable()
      .meta({ description: 'what holds for this customer, in sentences' }),
    members: z.array(z.object({ member: word, ...poolFigures })),
    period: period.nullable(),
    as_of: at,
  })
  .meta({ id: 'Balance' });

const balanceThen = z
  .object({
    object: z.literal('balance'),
    customer: idOf('customer'),
    unit: wordOrNull,
    available: credits,
    held: credits,
    frozen: credits,
    overage: credits,
    debt: credits,
    not_spendable: credits.meta({ description: 'on lots that had ended, or that serve one hold only' }),
    as_of: at,
  })
  .meta({ id: 'PastBalance' });

const statementLine = z.object({
  id: word,
  object: z.literal('statement_line'),
  entry: idOf('entry'),
  at,
  kind: word,
  action: wordOrNull,
  usage_event: idOf('usage').nullable(),
  event_id: wordOrNull,
  member: wordOrNull,
  actor: word,
  reason: wordOrNull,
  stripe: stripeNames,
  changes: sums,
  balance: sums,
});

export const customerOperations = {
  getCustomer: {
    method: 'get',
    path: '/v1/customers/:id',
    tag: 'Customers',
    summary: 'A customer and its subscriptions, as mirrored from Stripe',
    answers: {
      200: z
        .object({
          id: idOf('customer'),
          object: z.literal('customer'),
          livemode: z.boolean(),
          external_id: wordOrNull,
          name: wordOrNull,
          currency: currency.nullable(),
          created_at: at,
          deleted_at: atOrNull,
          stripe: z.object({ customer: word, balance_minor: minor }),
          subscriptions: z.array(
            z.object({
              stripe: z.object({ subscription: word }),
              status: word,
              plan: wordOrNull,
              plan_version: z.int().nullable(),
              quantity: z.int(),
            }),
          ),
        })
        .meta({ id: 'Customer' }),
    },
  },
  trueUp: {
    method: 'post',
    path: '/v1/customers/:id/true_up',
    tag: 'Billing',
    summary: "Compare Stripe's credit grants with what the lots are worth, and put them right",
    answers: {
      200: z.object({
        object: z.literal('true_up'),
        pools: z.int(),
        stripe: z.object({ ended_grants: z.array(word) }),
      }),
    },
  },
  getBalance: {
    method: 'get',
    path: '/v1/customers/:id/balance',
    tag: 'Customers',
    summary: 'What is left, of which lots, until when; with `at`, what was left then',
    query: balanceQuery,
    answers: { 200: z.union([balance, balanceThen]) },
  },
  getStatement: {
    method: 'get',
    path: '/v1/customers/:id/statement',
    tag: 'Customers',
    summary: 'Every movement in a span, with the balance after each; as JSON or CSV',
    query: statementQuery,
    csv: 'on_request',
    answers: {
      200: z.object({
        object: z.literal('list'),
        url: word,
        customer: idOf('customer'),
        unit: wordOrNull,
        from: at,
        to: at,
        opening: sums,
        closing: sums,
        data: z.array(statementLine),
        has_more: z.boolean(),
        next: wordOrNull.meta({ description: 'what to give as starting_after' }),
      }),
    },
  },
  explainBalance: {
    method: 'get',
    path: '/v1/customers/:id/explain',
    tag: 'Customers',
    summary: 'Why a balance is what it is: lot by lot, down to what paid and what used it',
    query: explainQuery,
    answers: {
      200: z.object({
        object: z.literal('explanation'),
        customer: idOf('customer'),
        unit: wordOrNull,
        plan: wordOrNull,
        as_of: at,
        balance: z.object({
          available: credits,
          not_spendable: credits,
          held: credits,
          frozen: credits,
          overage: credits,
          debt: credits,
        }),
        lots: z.array(z.looseObject({ id: idOf('grant'), granted: credits, remaining: credits })),
        owed: z.array(
          z.object({
            as: z.enum(['overage', 'debt']),
            period: idOf('period').nullable(),
            action: wordOrNull,
            credits,
          }),
        ),
        spent_lots: z.object({ lots: z.int(), granted: credits, drawn: credits, ended: credits }),
      }),
    },
  },
  getLedgerEntry: {
    method: 'get',
    path: '/v1/ledger_entries/:id',
    tag: 'Customers',
    summary: 'One entry of the ledger with everything behind it',
    query: entryQuery,
    answers: {
      200: z.looseObject({
        id: idOf('entry'),
        object: z.literal('ledger_entry'),
        customer: idOf('customer'),
        kind: word,
        effective_at: at,
        recorded_at: at,
        postings: z.array(z.looseObject({ from: word, to: word, unit: word })),
      }),
    },
  },
} as const satisfies Record<string, Operation>;
