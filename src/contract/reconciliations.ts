import { z } from 'zod';

import { customerName } from './ids.ts';

/** Reconcile everything, or one customer. */
export const reconciliationBody = z.strictObject({ customer: customerName.optional() });
