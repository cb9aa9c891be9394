import { z } from 'zod';

import type { Operation } from '../operation.ts';
import { simulationBody } from '../simulations.ts';
import { at, credits, currency, idOf, minor, word, wordOrNull } from '../wire-values.ts';

const bills = z.object({
  plan: word,
  periods: z.array(
    z.object({
      starts_at: at,
      ends_at: at,
      seats: z.int(),
      fee_minor: minor,
      fee_share_minor: minor,
      proration_minor: minor,
      credits_used: credits,
      overage: credits,
      usage_minor: minor,
      credits_applied_minor: minor,
      packs_minor: minor,
      rounding_minor: minor,
      total_minor: minor,
    }),
  ),
  expired: credits,
  unfunded: credits,
  debt: credits,
  refused: credits,
  refusals: z.record(word, z.int()),
});

const simulation = z
  .object({
    object: z.literal('simulation'),
    at,
    from: at,
    to: at,
    candidate: word,
    assumptions: z.array(word),
    summary: z.array(
      z.object({
        currency,
        customers: z.int(),
        pay_more: z.int(),
        pay_less: z.int(),
        same: z.int(),
        before_minor: minor,
        after_minor: minor,
      }),
    ),
    control: z.object({
      customers: z.int(),
      equal: z.int(),
      different: z.array(
        z.object({ customer: idOf('customer'), currency, simulated_minor: minor, invoiced_minor: minor }),
      ),
    }),
    data: z.array(
      z.object({
        object: z.literal('compared_bill'),
        customer: idOf('customer'),
        external_id: wordOrNull,
        name: wordOrNull,
        currency,
        before_minor: minor,
        after_minor: minor,
        difference_minor: minor,
        before: bills,
        after: bills,
      }),
    ),
    left_out: z.array(
      z.object({ customer: idOf('customer'), external_id: wordOrNull, name: wordOrNull, reason: word }),
    ),
  })
  .meta({ id: 'Simulation' });

export const pricingOperations = {
  simulatePlans: {
    method: 'post',
    path: '/v1/simulations',
    tag: 'Pricing',
    summary: 'What customers would have paid under another plan or catalogue for what they did; changes nothing',
    body: simulationBody,
    answers: { 200: simulation },
    csv: 'on_request',
  },
} as const satisfies Readonly<Record<string, Operation>>;
