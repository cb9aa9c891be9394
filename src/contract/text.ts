import { z } from 'zod';

/** Text that PostgreSQL can store and a log line can show: well-formed Unicode without control characters. */
export function text(lengthMax: number) {
  return z.string().min(1).max(lengthMax).refine(isPlain, 'must be plain text: no control characters, valid Unicode');
}

/** An instant as RFC 3339 with its offset, "2026-04-01T00:00:00Z", between the years 2000 and 2100. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an instant such as 2026-04-01T00:00:00Z' })
  .transform((value) => new Date(value))
  .refine((value) => value >= EARLIEST && value < LATEST, 'must lie between the years 2000 and 2100');

const EARLIEST = new Date('2000-01-01T00:00:00Z');
const LATEST = new Date('2100-01-01T00:00:00Z');

function isPlain(value: string): boolean {
  return value.isWellFormed() && !/\p{Cc}/u.test(value);
}
