import { z } from 'zod';

import { positiveCredits } from './amounts.ts';
import { customerName } from './ids.ts';
import { instant, text } from './text.ts';

/** Credits that nobody paid for: a promotion, or goodwill. */
export const grantBody = z.strictObject({
  customer: customerName,
  source: z.enum(['promotional', 'goodwill']),
  credits: positiveCredits,
  reason: text(500),
  /** Absent: they pay for every feature of the plan. */
  features: z.array(text(100)).min(1).max(50).optional(),
  /** Absent: they never expire. */
  expires_at: instant.optional(),
  /** 0 is drawn first. */
  priority: z.int().min(0).max(100).default(50),
});
