import { z } from 'zod';

import { customerName, type IdPrefix, wireId } from './ids.ts';

/** Query of a list: at most 100 rows, 20 when nothing is said. */
export const LIST_LIMIT = z.coerce.number<number | string>().int().min(1).max(100).default(20);

/** Where a page goes on: after the item of this id. */
export function startingAfter(prefix: IdPrefix) {
  return { starting_after: wireId(prefix).optional() };
}

/** Of a list with one item a month. */
export const STARTING_AFTER_MONTH = {
  starting_after: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-04')
    .optional(),
};

const afterStripes = { starting_after: z.string().max(255).optional() };

export const outboxQuery = z.strictObject({
  state: z.enum(['parked']).default('parked'),
  limit: LIST_LIMIT,
  starting_after: z
    .string()
    .regex(/^\d{1,18}$/, 'must be the id of a message, a number')
    .optional(),
});

export const parkedQuery = z.strictObject({
  state: z.enum(['parked']).default('parked'),
  limit: LIST_LIMIT,
  ...afterStripes,
});

export const quarantineQuery = z.strictObject({
  state: z.enum(['waiting', 'released', 'discarded']).default('waiting'),
  limit: LIST_LIMIT,
  ...startingAfter('quar'),
});

export const variancesQuery = z.strictObject({
  state: z.enum(['open', 'explained', 'corrected', 'written_off']).default('open'),
  limit: LIST_LIMIT,
  ...startingAfter('var'),
});

export const invoicesQuery = z.strictObject({ customer: customerName, limit: LIST_LIMIT, ...afterStripes });
