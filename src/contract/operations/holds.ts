import { z } from 'zod';

import { holdsQuery } from '../hold-list.ts';
import { captureHold, placeHold, releaseHold } from '../holds.ts';
import type { Operation } from '../operation.ts';
import { at, atOrNull, credits, idOf, listOf, word, wordOrNull } from '../wire-values.ts';

const figures = {
  id: idOf('hold'),
  object: z.literal('hold'),
  state: z.enum(['open', 'captured', 'released', 'lapsed']),
  action: word,
  amount: credits.meta({ description: 'what was reserved' }),
  captured: credits,
  held: credits.meta({ description: 'what is reserved still' }),
  placed_at: at,
  expires_at: at,
};

const hold = z
  .object({
    ...figures,
    released: credits,
    balance: credits.meta({ description: 'what the pool has left' }),
    reserves: z.literal(false).optional().meta({ description: 'only of an action that is not enforced' }),
  })
  .meta({ id: 'Hold' });

export const holdOperations = {
  placeHold: {
    method: 'post',
    path: '/v1/holds',
    tag: 'Holds',
    summary: 'Reserve credits for work that runs',
    body: placeHold,
    answers: { 200: hold },
  },
  getHold: {
    method: 'get',
    path: '/v1/holds/:id',
    tag: 'Holds',
    summary: 'A hold as it stands',
    answers: {
      200: z.object({ ...figures, customer: idOf('customer'), member: wordOrNull, settled_at: atOrNull }),
    },
  },
  captureHold: {
    method: 'post',
    path: '/v1/holds/:id/capture',
    tag: 'Holds',
    summary: 'Take what was really used; a final capture gives the rest back',
    body: captureHold,
    answers: { 200: hold },
  },
  releaseHold: {
    method: 'post',
    path: '/v1/holds/:id/release',
    tag: 'Holds',
    summary: 'Give a hold back',
    body: releaseHold,
    answers: { 200: hold },
  },
  listHolds: {
    method: 'get',
    path: '/v1/holds',
    tag: 'Holds',
    summary: 'Open holds, the oldest first',
    query: holdsQuery,
    answers: {
      200: listOf(
        z.object({
          ...figures,
          customer: idOf('customer'),
          external_id: wordOrNull,
          member: wordOrNull,
          age_seconds: z.number(),
        }),
      ),
    },
  },
} as const satisfies Record<string, Operation>;
