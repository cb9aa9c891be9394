import { z } from 'zod';

import { instant } from './text.ts';

/** A duration of days, hours, minutes and seconds: "31d", "1d12h", "45m". */
export const duration = z
  .string()
  .regex(/^(?=\d)(\d{1,4}d)?(\d{1,4}h)?(\d{1,5}m)?(\d{1,6}s)?$/, 'must be a duration such as 31d, 12h or 1d6h30m')
  .transform(toMilliseconds)
  .refine((ms) => ms > 0, 'must move forward');

/** Move the sandbox's clock by a span, or to an instant. */
export const sandboxClock = z
  .strictObject({ advance_by: duration.optional(), advance_to: instant.optional() })
  .refine((move) => (move.advance_by === undefined) !== (move.advance_to === undefined), {
    message: 'give either advance_by or advance_to',
    path: ['advance_by'],
  });

const MS_PER = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

function toMilliseconds(value: string): number {
  let ms = 0;
  for (const [, count, unit] of value.matchAll(/(\d+)([dhms])/g)) {
    ms += Number(count) * MS_PER[unit as keyof typeof MS_PER];
  }
  return ms;
}
