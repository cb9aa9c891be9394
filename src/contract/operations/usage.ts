import { z } from 'zod';

import { quarantineQuery } from '../lists.ts';
import type { Operation } from '../operation.ts';
import { problem } from '../problem.ts';
import { instant } from '../text.ts';
import {
  backfill,
  backfilledEvent,
  check,
  quarantineDiscard,
  quarantineRelease,
  quote,
  usageAmendment,
  usageBatch,
  usageEvent,
  usageReversal,
} from '../usage.ts';
import { at, atOrNull, credits, idOf, listOf, word, wordOrNull } from '../wire-values.ts';
import { quarantinedEvent } from './quarantined-event.ts';

const checked = {
  allowed: z.boolean(),
  reason: z.object({ code: word, message: word }).nullable(),
  cost: credits,
  balance: credits,
  limit: wordOrNull.meta({ description: 'which limit says no' }),
  lifted_by: wordOrNull.meta({ description: 'who can lift it, for the end user' }),
  would_use_lots: z.array(z.object({ id: idOf('grant'), credits })),
  would_use_overage: credits,
  burn_rate: idOf('rate'),
  rate_changes_at: atOrNull,
  mode: z.enum(['observe', 'shadow']).optional().meta({ description: 'only of an action that is not enforced' }),
  would_refuse: z.object({ code: word, message: word }).nullable().optional(),
};

const USAGE_STATES = ['applied', 'duplicate', 'unfunded', 'observed', 'shadowed'] as const;

const tracked = {
  id: wordOrNull.meta({ description: "the caller's own id of the event" }),
  usage_event: idOf('usage'),
  credits,
  balance: credits,
  past_cap: z.enum(['member_cap', 'agent_cap']).optional(),
  reason: z.object({ code: word, message: word }).optional(),
};

const trackedEvent = z.object({ ...tracked, status: z.enum(USAGE_STATES) }).meta({ id: 'TrackedEvent' });

const trackResults = z
  .object({
    object: z.literal('track_results'),
    applied: z.int(),
    duplicates: z.int(),
    unfunded: z.int(),
    observed: z.int(),
    rejected: z.int(),
    quarantined: z.int(),
    results: z.array(
      z.union([
        trackedEvent,
        z.object({ id: wordOrNull, status: z.literal('rejected'), error: problem }),
        z.object({ id: wordOrNull, status: z.literal('quarantined'), quarantined_event: idOf('quar'), error: problem }),
      ]),
    ),
  })
  .meta({ id: 'TrackResults' });

const rateRow = z.object({ id: idOf('rate'), feature: word, effective_from: at, rate: z.looseObject({}) });

const reversed = {
  restored: credits,
  overage: credits,
  debt: credits,
  by_money: credits,
  unfunded: credits,
  entry: idOf('entry').nullable(),
};

export const usageOperations = {
  check: {
    method: 'post',
    path: '/v1/check',
    tag: 'Usage',
    summary: 'May this run, what does it cost, which limit says no',
    body: check,
    answers: { 200: z.object({ object: z.literal('check'), ...checked }).meta({ id: 'Check' }) },
  },
  quote: {
    method: 'post',
    path: '/v1/quote',
    tag: 'Usage',
    summary: 'What up to 100 uses would cost together',
    body: quote,
    answers: {
      200: z.object({
        object: z.literal('quote'),
        allowed: z.boolean(),
        cost: credits,
        balance: credits,
        would_use_overage: credits,
        lines: z.array(z.object({ object: z.literal('quote_line'), action: word, ...checked })),
      }),
    },
  },
  getBurnTable: {
    method: 'get',
    path: '/v1/burn_table',
    tag: 'Usage',
    summary: 'The rates in force, and the next change of each',
    query: z.strictObject({ at: instant.optional() }),
    answers: {
      200: z.object({
        object: z.literal('burn_table'),
        unit: wordOrNull,
        as_of: at,
        data: z.array(
          z.object({
            object: z.literal('action_rate'),
            action: word,
            in_force: rateRow.nullable(),
            next: rateRow.nullable(),
          }),
        ),
      }),
    },
  },
  track: {
    method: 'post',
    path: '/v1/track',
    tag: 'Usage',
    summary: 'Record use that happened: one event, or up to 1 000 with a result each',
    body: z.union([usageEvent, z.strictObject({ ...usageBatch.shape, events: z.array(usageEvent).min(1).max(1_000) })]),
    answers: { 200: z.union([trackedEvent, trackResults]) },
  },
  reverseUsage: {
    method: 'post',
    path: '/v1/usage_events/:id/reverse',
    tag: 'Corrections',
    summary: 'Undo a use by a new entry',
    body: usageReversal,
    answers: { 200: z.object({ id: idOf('usage'), object: z.literal('usage_reversal'), ...reversed }) },
  },
  amendUsage: {
    method: 'post',
    path: '/v1/usage_events/:id/amend',
    tag: 'Corrections',
    summary: 'Say what a use should have said: reversed, and recorded anew',
    body: usageAmendment,
    answers: {
      200: z.object({
        id: idOf('usage'),
        object: z.literal('usage_amendment'),
        reversal: z.object(reversed).nullable(),
        usage_event: idOf('usage'),
        status: z.enum(USAGE_STATES),
        credits,
        balance: credits,
      }),
    },
  },
  backfill: {
    method: 'post',
    path: '/v1/backfills',
    tag: 'Corrections',
    summary: 'Bring in usage of the past, after a dry run',
    body: z.strictObject({ ...backfill.shape, events: z.array(backfilledEvent).min(1).max(1_000) }),
    answers: {
      200: z.object({
        object: z.literal('backfill'),
        dry_run: z.boolean(),
        data: z.array(
          z.object({
            object: z.literal('backfill_line'),
            customer: word,
            period: z.object({ id: idOf('period'), starts_at: at, ends_at: at }),
            used_in: word,
            events: z.int(),
            credits,
            overage: credits,
            debt: credits,
            unfunded_events: z.int(),
            unfunded_credits: credits,
          }),
        ),
        duplicates: z.int(),
        observed: z.int(),
        rejected: z.int(),
        errors: z.array(z.object({ index: z.int(), id: wordOrNull, error: problem })),
      }),
    },
  },
  listQuarantine: {
    method: 'get',
    path: '/v1/quarantine',
    tag: 'Corrections',
    summary: 'Events that were put aside because something about them was wrong',
    query: quarantineQuery,
    answers: { 200: listOf(quarantinedEvent) },
  },
  getQuarantinedEvent: {
    method: 'get',
    path: '/v1/quarantine/:id',
    tag: 'Corrections',
    summary: 'One event in quarantine',
    answers: { 200: quarantinedEvent },
  },
  releaseQuarantinedEvent: {
    method: 'post',
    path: '/v1/quarantine/:id/release',
    tag: 'Corrections',
    summary: 'Record an event of the quarantine, put right or as it came',
    body: quarantineRelease,
    answers: {
      200: z.object({
        id: idOf('quar'),
        object: z.literal('quarantined_event'),
        state: z.literal('released'),
        usage_event: idOf('usage'),
        status: z.enum(USAGE_STATES),
        credits,
        balance: credits,
      }),
    },
  },
  discardQuarantinedEvent: {
    method: 'post',
    path: '/v1/quarantine/:id/discard',
    tag: 'Corrections',
    summary: 'Give up an event of the quarantine',
    body: quarantineDiscard,
    answers: { 200: quarantinedEvent },
  },
} as const satisfies Record<string, Operation>;
