import { z } from 'zod';

import { customerName } from './ids.ts';

/** Reconcile who has changed since the last run, everybody (`full`), or one customer. */
export const reconciliationBody = z.strictObject({
  customer: customerName.optional(),
  full: z.boolean().default(false),
});
