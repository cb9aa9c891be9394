import { z } from 'zod';

import { MEMBER_STATES } from '../../domain/plan-migration.ts';
import { legacyTermsBody, membersQuery, migrationBody, migrationReason, segmentBody } from '../migrations.ts';
import type { Operation } from '../operation.ts';
import { at, atOrNull, currency, idOf, listOf, minor, word, wordOrNull } from '../wire-values.ts';
import { comparedSums } from './pricing.ts';

const counts = z.object({
  scheduling: z.int(),
  scheduled: z.int().meta({ description: 'moves with the renewal' }),
  moved: z.int(),
  held_out: z.int().meta({ description: 'stays, to be compared with' }),
  pinned: z.int().meta({ description: 'keeps legacy terms' }),
  refused: z.int(),
});

const migration = z
  .object({
    object: z.literal('migration'),
    name: word,
    state: z.enum(['planned', 'running', 'paused', 'done']),
    from: word,
    to: word,
    to_version: z.int(),
    to_segment: wordOrNull,
    changes_packaging: z.boolean(),
    every_days: z.int(),
    holdout_percent: z.int(),
    reason: word,
    planned_by: word,
    planned_at: at,
    approval: z.enum(['two_people', 'single_operator']).nullable(),
    approved_by: wordOrNull,
    started_at: atOrNull,
    paused_by: wordOrNull,
    paused_because: wordOrNull,
    ended_at: atOrNull,
    cohorts: z.array(z.object({ cohort: word, opens_at: atOrNull, customers: counts })),
  })
  .meta({ id: 'Migration' });

const bills = z.object({
  from: at,
  to: at,
  assumptions: z.array(word),
  summary: comparedSums,
  data: z
    .array(
      z.object({
        customer: idOf('customer'),
        external_id: wordOrNull,
        name: wordOrNull,
        currency,
        before_minor: minor,
        after_minor: minor,
        difference_minor: minor,
      }),
    )
    .meta({ description: 'who would pay more, the most first; then who would pay less' }),
  left_out: z.array(z.object({ customer: idOf('customer'), reason: word })),
});

const forecast = z
  .object({
    object: z.literal('migration_forecast'),
    to: word,
    to_version: z.int(),
    changes_packaging: z.boolean(),
    cohorts: z.array(
      z.object({
        cohort: word,
        opens_after_days: z.int(),
        moves: z.int(),
        held_out: z.int(),
        pinned: z.int(),
        first_renewal_at: atOrNull,
      }),
    ),
    bills: bills.nullable(),
  })
  .meta({ id: 'MigrationForecast' });

const member = z.object({
  object: z.literal('migration_member'),
  customer: idOf('customer'),
  external_id: wordOrNull,
  name: wordOrNull,
  cohort: word,
  stripe: z.object({ subscription: word }),
  state: z.enum(MEMBER_STATES),
  outcome: wordOrNull,
  decided_at: at,
  moved_at: atOrNull,
});

const terms = z.object({ object: z.literal('legacy_terms'), customer: word, pinned: z.boolean() });

export const migrationOperations = {
  planMigration: {
    method: 'post',
    path: '/v1/migrations',
    tag: 'Pricing',
    summary: 'Plan a rollout to another plan, or forecast it: whom it moves, and who would pay more',
    body: migrationBody,
    answers: { 200: forecast, 201: migration },
  },
  listMigrations: {
    method: 'get',
    path: '/v1/migrations',
    tag: 'Pricing',
    summary: 'Rollouts and how far each cohort is, the newest first',
    answers: { 200: listOf(migration) },
  },
  getMigration: {
    method: 'get',
    path: '/v1/migrations/:name',
    tag: 'Pricing',
    summary: 'One rollout',
    answers: { 200: migration },
  },
  listMigrationMembers: {
    method: 'get',
    path: '/v1/migrations/:name/members',
    tag: 'Pricing',
    summary: 'What became of each customer of a rollout',
    query: membersQuery,
    answers: { 200: listOf(member) },
  },
  startMigration: {
    method: 'post',
    path: '/v1/migrations/:name/start',
    tag: 'Pricing',
    summary: 'Start a planned rollout, as somebody else than who planned it',
    answers: { 200: migration },
  },
  pauseMigration: {
    method: 'post',
    path: '/v1/migrations/:name/pause',
    tag: 'Pricing',
    summary: 'Move nobody else for now',
    body: migrationReason,
    answers: { 200: migration },
  },
  resumeMigration: {
    method: 'post',
    path: '/v1/migrations/:name/resume',
    tag: 'Pricing',
    summary: 'Go on with a paused rollout',
    answers: { 200: migration },
  },
  setSegment: {
    method: 'put',
    path: '/v1/customers/:id/segment',
    tag: 'Pricing',
    summary: 'Say which kind of customer this is; not while he is being moved to something else',
    body: segmentBody,
    answers: { 200: z.object({ object: z.literal('segment'), customer: word, segment: word }) },
  },
  pinLegacyTerms: {
    method: 'put',
    path: '/v1/customers/:id/legacy_terms',
    tag: 'Pricing',
    summary: 'Keep a customer on what he has, whatever is rolled out',
    body: legacyTermsBody,
    answers: { 200: terms },
  },
  releaseLegacyTerms: {
    method: 'post',
    path: '/v1/customers/:id/legacy_terms/release',
    tag: 'Pricing',
    summary: 'Let rollouts move him again',
    body: migrationReason,
    answers: { 200: terms },
  },
} as const satisfies Readonly<Record<string, Operation>>;
