import { z } from 'zod';

import { LIST_LIMIT } from './lists.ts';
import { text } from './text.ts';

export const settlementsQuery = z.strictObject({
  state: z.enum(['waiting', 'held', 'corrected', 'finalized', 'settled']).default('held'),
  limit: LIST_LIMIT,
});

/** Letting a held draft go needs a reason. */
export const settlementDecision = z.strictObject({ reason: text(500) });
