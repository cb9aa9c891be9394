import { z } from 'zod';

import { positiveCredits } from './amounts.ts';
import { customerName } from './ids.ts';
import { text } from './text.ts';

const member = text(200);

/** One end of a transfer; without a member it is the customer's own pool. */
const end = z.strictObject({ customer: customerName, member: member.optional() });

/** Move credits between two pools of one customer. */
export const transfer = z.strictObject({ from: end, to: end, credits: positiveCredits, reason: text(500) });

/** What a member may use in a window, instead of what the plan says; null: as much as there is. Without a cap the plan's holds again. */
export const memberCap = z.strictObject({
  cap: z
    .strictObject({
      credits: z
        .string()
        .regex(/^(0|[1-9]\d{0,11})(\.\d{1,6})?$/, 'must be a decimal string such as "12.5", with at most 6 places')
        .nullable(),
      window: z.enum(['day', 'month', 'period']),
    })
    .nullable(),
  reason: text(500).optional(),
});

export const memberName = member;
