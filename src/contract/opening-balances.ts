import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';

import { positiveCredits } from './amounts.ts';
import { customerName } from './ids.ts';
import { instant, text } from './text.ts';

/** The columns of an opening balances file, in the order of its template. */
export const OPENING_COLUMNS = ['reference', 'customer', 'credits', 'expires_at', 'category', 'priority'] as const;

/** A row as the template shows one. */
export const OPENING_EXAMPLE = ['acme-2026-10', 'ext:acme', '1250.5', '2027-01-01T00:00:00Z', 'paid', '50'] as const;

const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** One row: what a customer has left on the day of the take-over. */
export const openingBalance = z.strictObject({
  /** The row's own name: the same one is booked once, for ever. */
  reference: text(100),
  customer: customerName,
  credits: positiveCredits,
  /** Empty: they never expire. */
  expires_at: optional(instant),
  /** Empty: paid. */
  category: optional(z.enum(['paid', 'promotional'])),
  /** 0 is drawn first; empty: 50. */
  priority: optional(z.coerce.number().int().min(0).max(100)),
});

export interface BadOpeningRow {
  readonly line: number;
  readonly message: string;
  readonly row: Readonly<Record<string, string>>;
}

/** The rows that were refused, as a file to correct and give again: what is wrong stands in the last column. */
export function openingErrorsCsv(bad: readonly BadOpeningRow[]): string {
  const rows = bad.map(({ line, message, row }) => ({ ...row, line: String(line), error: message }));
  const columns = [...OPENING_COLUMNS, 'line', 'error'];
  return stringify(rows, { header: true, columns, record_delimiter: 'windows', escape_formulas: true });
}
