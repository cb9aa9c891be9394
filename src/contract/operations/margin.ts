import { z } from 'zod';

import { MARGIN_DIMENSIONS } from '../../domain/margin.ts';
import { marginQuery } from '../margin.ts';
import { priceList } from '../model-prices.ts';
import type { Operation } from '../operation.ts';
import { at, credits, currency, idOf, listOf, word, wordOrNull } from '../wire-values.ts';

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

export const marginOperations = {
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
