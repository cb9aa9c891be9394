import { z } from 'zod';

import { healthPackBody, healthPacksQuery } from '../health-packs.ts';
import type { Operation } from '../operation.ts';
import { simulationBody } from '../simulations.ts';
import { at, credits, currency, idOf, listOf, minor, word, wordOrNull } from '../wire-values.ts';

/** By currency: who would pay more or less, and what it comes to. */
export const comparedSums = z.array(
  z.object({
    currency,
    customers: z.int(),
    pay_more: z.int(),
    pay_less: z.int(),
    same: z.int(),
    before_minor: minor,
    after_minor: minor,
  }),
);

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
    summary: comparedSums,
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

const healthPack = z
  .object({
    object: z.literal('health_pack'),
    month: word,
    verdict: z.enum(['keep', 'adjust', 'migrate', 'not enough data']),
    reasons: z.array(word),
    candidate: wordOrNull,
    hash: word,
    issued_by: word,
    issued_at: at,
    files: z.array(z.object({ name: word, media_type: word, sha256: word })),
  })
  .meta({ id: 'HealthPack' });

export const pricingOperations = {
  issueHealthPack: {
    method: 'post',
    path: '/v1/health_packs',
    tag: 'Pricing',
    summary: "Issue a month's pricing health pack, once; a month that has one answers it again",
    body: healthPackBody,
    answers: { 201: healthPack },
  },
  listHealthPacks: {
    method: 'get',
    path: '/v1/health_packs',
    tag: 'Pricing',
    summary: 'Issued health packs, the newest first',
    query: healthPacksQuery,
    answers: { 200: listOf(healthPack) },
  },
  getHealthPack: {
    method: 'get',
    path: '/v1/health_packs/:month',
    tag: 'Pricing',
    summary: "A month's pack: its verdict, its reasons, its files and their hashes",
    answers: { 200: healthPack },
  },
  getHealthPackFile: {
    method: 'get',
    path: '/v1/health_packs/:month/files/:name',
    tag: 'Pricing',
    summary: 'One of its files, as it was issued: the page, Markdown, CSV or JSON',
    answers: {},
    csv: 'always',
  },
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
