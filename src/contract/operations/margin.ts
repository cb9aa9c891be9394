import { z } from 'zod';

import { MARGIN_DIMENSIONS } from '../../domain/margin.ts';
import { GAP_KINDS } from '../../domain/provider-bill.ts';
import { marginQuery } from '../margin.ts';
import { priceList } from '../model-prices.ts';
import type { Operation } from '../operation.ts';
import { billGapQuery, providerBillBody, providerBillsQuery } from '../provider-bills.ts';
import { FINDING_STATES, findingsQuery, shadowDecision, shadowKind } from '../shadow.ts';
import { at, atOrNull, credits, currency, idOf, listOf, word, wordOrNull } from '../wire-values.ts';

const price = z
  .object({
    object: z.literal('model_price'),
    model: word,
    provider: wordOrNull,
    currency,
    prices: z.array(z.object({ unit: word, amount: word, each: z.int() })),
    per_use: wordOrNull,
    effective_from: at,
    pushed_at: at,
  })
  .meta({ id: 'ModelPrice' });

const money = word.meta({ description: 'major units of the currency as a decimal string, exact to nine places' });
const percent = wordOrNull.meta({ description: 'percent as a decimal string' });

const figures = {
  month: word,
  uses: z.int(),
  uses_without_cost: z.int(),
  credits,
  cost: money,
  billed: money,
  billed_as: z.object({ paid: money, overage: money, fee: money }),
  not_billed: z.object({ unallocated: money, free: money, unpaid: money }),
  gap: money,
  margin_percent: percent,
  previous_margin_percent: percent,
  flags: z.array(z.enum(['under_water', 'drifted', 'below_target'])),
};

const bill = {
  id: idOf('bill'),
  object: z.literal('provider_bill'),
  provider: word,
  name: word,
  first_day: word,
  last_day: word,
  lines: z.int(),
  content_hash: word,
  imported_by: word,
  imported_at: at,
};

const registered = z
  .object({
    object: z.literal('registered_use'),
    kind: shadowKind,
    name: word,
    state: z.enum(['registered', 'blocked']),
    owner: word,
    reason: word,
    changed_by: word,
    changed_at: at,
  })
  .meta({ id: 'RegisteredUse' });

const finding = z
  .object({
    object: z.literal('shadow_finding'),
    kind: shadowKind,
    name: word,
    state: z.enum(FINDING_STATES),
    via: z.enum(['usage', 'provider_bill']),
    owner: wordOrNull,
    reason: wordOrNull,
    customer: idOf('customer').nullable(),
    uses: z.int(),
    costs: z.array(z.object({ via: word, currency, amount: money })),
    first_seen_at: at,
    last_seen_at: atOrNull,
    found_at: at,
  })
  .meta({ id: 'ShadowFinding' });

export const marginOperations = {
  importProviderBill: {
    method: 'post',
    path: '/v1/provider_bills',
    tag: 'Margin',
    summary: "Bring in a provider's bill; the same content again changes nothing",
    body: providerBillBody,
    answers: { 200: z.object({ ...bill, state: z.enum(['imported', 'imported_before', 'dry_run']) }) },
  },
  listProviderBills: {
    method: 'get',
    path: '/v1/provider_bills',
    tag: 'Margin',
    summary: 'Bills that were brought in, the newest first',
    query: providerBillsQuery,
    answers: { 200: listOf(z.object(bill)) },
  },
  compareProviderBills: {
    method: 'get',
    path: '/v1/provider_bills/gap',
    tag: 'Margin',
    summary: 'Cost without usage and usage without cost, per model, key and day',
    query: billGapQuery,
    answers: {
      200: z.object({
        object: z.literal('bill_gap'),
        provider: word,
        from: word,
        to: word,
        sums: z.array(z.object({ currency, kind: z.enum(GAP_KINDS), rows: z.int(), gap: money })),
        data: z.array(
          z.object({
            day: word,
            model: wordOrNull,
            key: wordOrNull,
            currency,
            kind: z.enum(GAP_KINDS),
            billed: money.nullable(),
            told: money.nullable(),
            gap: money,
            uses: z.int(),
            uses_without_cost: z.int(),
          }),
        ),
      }),
    },
  },
  listRegisteredUses: {
    method: 'get',
    path: '/v1/registered_uses',
    tag: 'Margin',
    summary: 'Models, keys, features and members that are known or blocked',
    answers: { 200: listOf(registered) },
  },
  decideRegisteredUse: {
    method: 'put',
    path: '/v1/registered_uses',
    tag: 'Margin',
    summary: 'Register a name, or block it: the next check or hold that names it is refused',
    body: shadowDecision,
    answers: { 200: registered },
  },
  listShadowFindings: {
    method: 'get',
    path: '/v1/shadow_findings',
    tag: 'Margin',
    summary: 'Use and cost of what nobody registered, the open ones first',
    query: findingsQuery,
    answers: { 200: listOf(finding) },
  },
  lookForShadow: {
    method: 'post',
    path: '/v1/shadow_findings/look',
    tag: 'Margin',
    summary: 'Look through everything that was ever recorded for what nobody registered',
    answers: {
      200: z.object({
        object: z.literal('shadow_look'),
        found: z.array(z.object({ kind: shadowKind, name: word })),
      }),
    },
  },
  listModelPrices: {
    method: 'get',
    path: '/v1/model_prices',
    tag: 'Margin',
    summary: 'What models cost at their providers: every price that was ever pushed',
    answers: { 200: listOf(price) },
  },
  pushModelPrices: {
    method: 'post',
    path: '/v1/model_prices',
    tag: 'Margin',
    summary: 'Add prices of models; stored costs stay as they are',
    body: priceList,
    answers: {
      200: z.object({
        object: z.literal('price_list_push'),
        pushed: z.boolean(),
        corrected: z.int(),
        added: z.array(price),
      }),
    },
  },
  reportMargin: {
    method: 'get',
    path: '/v1/reports/margin',
    tag: 'Margin',
    summary: 'What uses cost at providers, what they were billed, and the gap, month by month',
    query: marginQuery,
    csv: 'on_request',
    answers: {
      200: z.object({
        object: z.literal('margin_report'),
        by: z.enum(MARGIN_DIMENSIONS),
        currency,
        from: word,
        to: word,
        as_of: at,
        data: z.array(
          z.object({
            feature: wordOrNull.optional(),
            action: wordOrNull.optional(),
            model: wordOrNull.optional(),
            customer: idOf('customer').nullable().optional(),
            name: word.optional(),
            ...figures,
          }),
        ),
        totals: z.array(z.object(figures)),
        not_converted: z.array(z.object({ month: word, currency, cost: money, billed: money })),
      }),
    },
  },
} as const satisfies Record<string, Operation>;
