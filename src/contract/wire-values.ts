// Values that stand in many answers.
import { z } from 'zod';

import type { IdPrefix } from './ids.ts';

/** An id as it is answered. */
export function idOf(prefix: IdPrefix) {
  return z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`));
}

/** Credits as a decimal string; negative only where a line takes some away. */
export const credits = z
  .string()
  .regex(/^-?\d+(\.\d{1,6})?$/)
  .meta({ description: 'credits as a decimal string, at most six places' });

/** Money in minor units of the currency beside it. */
export const minor = z.int().meta({ description: 'money in minor units of the currency' });

export const currency = z.string().regex(/^[a-z]{3}$/);

/** When something happened: RFC 3339, UTC. */
export const at = z.iso.datetime();

export const word = z.string();
export const wordOrNull = word.nullable();
export const atOrNull = at.nullable();

/** Names of Stripe's objects that belong to it, by kind. */
export const stripeNames = z.record(word, word).nullable();

/** A page of a list, in the order that its operation names. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ object: z.literal('list'), url: word, has_more: z.boolean(), data: z.array(item) });
}

/** What a pool has and owes. */
export const poolFigures = { available: credits, held: credits, overage: credits, debt: credits, unfunded: credits };

/** The five sums of a pool's accounts. */
export const sums = z.object({ available: credits, held: credits, frozen: credits, overage: credits, debt: credits });
