import { z } from 'zod';

import { text } from './text.ts';

/** Move a subscription to another plan, now or with the renewal; without a quantity it keeps its seats. */
export const planChange = z.strictObject({
  plan: text(100),
  quantity: z.int().min(1).max(1_000_000).exactOptional(),
  /** now: prorated, the running period is the new plan's. period_end: nothing changes before the renewal. */
  starts: z.enum(['now', 'period_end']).default('now'),
  reason: text(500),
});

/** End a subscription now, with its last invoice. */
export const cancellation = z.strictObject({ reason: text(500) });
