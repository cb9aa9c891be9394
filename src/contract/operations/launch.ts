import { z } from 'zod';

import { ACTION_MODES } from '../../domain/ladder.ts';
import { GATE_ROWS } from '../../domain/launch-gate.ts';
import { demotion, launchQuery, promotion, reviewDate, signature } from '../launch.ts';
import type { Operation } from '../operation.ts';
import { at, atOrNull, credits, word, wordOrNull } from '../wire-values.ts';

const mode = z.enum(ACTION_MODES);

const signOff = z.object({ row: word, signed_by: word, signed_at: at, reason: word });

const gateRow = z
  .object({
    row: z.enum(GATE_ROWS),
    title: word,
    state: z.enum(['pass', 'fail', 'sign_off', 'signed', 'not_asked']),
    proof: word.meta({ description: 'what was found, with its figures' }),
    fix: wordOrNull,
    evidence: z.array(word).meta({ description: 'where it can be looked up' }),
    signed: signOff.nullable(),
  })
  .meta({ id: 'GateRow' });

const launch = z
  .object({
    object: z.literal('launch'),
    as_of: at,
    actions: z.array(
      z.object({
        action: word,
        feature: word,
        mode,
        price: word,
        since: atOrNull,
        moved_by: wordOrNull,
        reason: wordOrNull,
        uses_beside_the_books: z.int().meta({ description: 'in the last thirty days' }),
        shadow: z
          .object({
            uses: z.int(),
            would_draw: credits,
            would_be_overage: credits,
            would_be_debt: credits,
            would_be_refused: credits,
          })
          .nullable(),
      }),
    ),
    next: z.object({ to: mode, actions: z.array(word), passed: z.boolean(), gate: z.array(gateRow) }).nullable(),
    review: z.object({ review_on: z.iso.date().nullable(), set_by: wordOrNull, overdue: z.boolean() }),
  })
  .meta({ id: 'Launch' });

export const launchOperations = {
  readLaunch: {
    method: 'get',
    path: '/v1/launch',
    tag: 'Operating',
    summary: 'Where each action stands on the launch ladder, and what the gate finds for the next rung',
    query: launchQuery,
    answers: { 200: launch },
  },
  promoteActions: {
    method: 'post',
    path: '/v1/launch/promotions',
    tag: 'Operating',
    summary: 'Take actions one rung up, if every row of the gate holds',
    body: promotion,
    answers: { 200: launch },
  },
  demoteActions: {
    method: 'post',
    path: '/v1/launch/demotions',
    tag: 'Operating',
    summary: 'Take actions down at once',
    body: demotion,
    answers: { 200: launch },
  },
  signGateRow: {
    method: 'post',
    path: '/v1/launch/sign_offs',
    tag: 'Operating',
    summary: 'Answer as a named person for a row that no figure decides',
    body: signature,
    answers: { 200: z.object({ object: z.literal('gate_sign_off') }).extend(signOff.shape) },
  },
  setReviewDate: {
    method: 'post',
    path: '/v1/launch/reviews',
    tag: 'Operating',
    summary: 'Say when the credit model is looked at again',
    body: reviewDate,
    answers: { 200: z.object({ object: z.literal('model_review'), review_on: z.iso.date() }) },
  },
} as const satisfies Record<string, Operation>;
