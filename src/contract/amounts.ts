import { z } from 'zod';

import { text } from './text.ts';

/** Credits as a positive decimal string with at most six places: "12.5". */
export const positiveCredits = z
  .string()
  .regex(/^(0|[1-9]\d{0,11})(\.\d{1,6})?$/, 'must be a decimal string such as "12.5", with at most 6 places')
  .refine((value) => /[1-9]/.test(value), 'must be more than zero');

/** Money in minor units, more than zero. */
export const positiveMinor = z.int().positive().max(99_999_999_999).transform(BigInt);

/** What else is known of a use, which its rate may ask for: `{ "model": "large" }`. */
export const dimensions = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_.-]{0,63}$/, 'dimension names are lower-case words: model, region, outcome'),
    text(200),
  )
  .refine((value) => Object.keys(value).length <= 20, 'has at most 20 dimensions');

/** How much of what was used: whole numbers by name, as JSON integers or as strings of digits. */
export const quantities = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'quantity names are lower-case words: input_tokens'),
    z
      .union([z.int().nonnegative(), z.string().regex(/^\d{1,15}$/)], {
        error: 'must be a whole number, zero or more, of at most 15 digits (an integer or a string of digits)',
      })
      .transform(BigInt),
  )
  .refine((value) => Object.keys(value).length <= 20, 'has at most 20 quantities');
