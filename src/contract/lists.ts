import { z } from 'zod';

import { customerName } from './ids.ts';

/** Query of a list: at most 100 rows, 20 when nothing is said. */
export const LIST_LIMIT = z.coerce.number<number | string>().int().min(1).max(100).default(20);

export const parkedQuery = z.strictObject({
  state: z.enum(['parked']).default('parked'),
  limit: LIST_LIMIT,
});

export const quarantineQuery = z.strictObject({
  state: z.enum(['waiting', 'released', 'discarded']).default('waiting'),
  limit: LIST_LIMIT,
});

export const variancesQuery = z.strictObject({
  state: z.enum(['open', 'explained', 'corrected', 'written_off']).default('open'),
  limit: LIST_LIMIT,
});

export const invoicesQuery = z.strictObject({ customer: customerName, limit: LIST_LIMIT });
