import { z } from 'zod';

import { memberCap, transfer } from '../members.ts';
import type { Operation } from '../operation.ts';
import { at, credits, idOf, word, wordOrNull } from '../wire-values.ts';
import { lot } from './customers.ts';

export const memberOperations = {
  getMemberBalance: {
    method: 'get',
    path: '/v1/customers/:id/members/:member/balance',
    tag: 'Customers',
    summary: 'What a member has left, and what its cap is',
    answers: {
      200: z.object({
        object: z.literal('member_balance'),
        customer: idOf('customer'),
        member: word,
        has_pool: z.boolean(),
        available: credits,
        held: credits,
        overage: credits,
        debt: credits,
        lots: z.array(lot),
        cap: z.object({ credits: credits.nullable(), window: word, used: credits }).nullable(),
        as_of: at,
      }),
    },
  },
  setMemberCap: {
    method: 'put',
    path: '/v1/customers/:id/members/:member/cap',
    tag: 'Customers',
    summary: 'What a member may use in a window, instead of what the plan says',
    body: memberCap,
    answers: {
      200: z.object({
        object: z.literal('member_cap'),
        customer: idOf('customer'),
        member: word,
        credits: credits.nullable(),
        window: wordOrNull,
        used: credits.nullable(),
        note: wordOrNull,
      }),
    },
  },
  transferCredits: {
    method: 'post',
    path: '/v1/transfers',
    tag: 'Customers',
    summary: 'Move credits between two pools of one customer',
    body: transfer,
    answers: {
      200: z.object({
        object: z.literal('transfer'),
        customer: idOf('customer'),
        from: z.object({ member: wordOrNull, balance: credits }),
        to: z.object({ member: wordOrNull, balance: credits }),
        credits,
        grants: z.array(idOf('grant')),
        entry: idOf('entry'),
      }),
    },
  },
} as const satisfies Record<string, Operation>;
