// How our CSV files look: RFC 4180 with CRLF, and text that no spreadsheet runs.
import { stringify } from 'csv-stringify/sync';

/** A spreadsheet would run text that begins like a formula (OWASP: CSV injection). Never for the exporter's own numbers. */
export function guarded(text: string | null): string {
  return text !== null && /^[=+\-@\t\r\n\0]/.test(text) ? `'${text}` : (text ?? '');
}

/** One file of rows under a heading. */
export function csv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return csvRows([head, ...rows]);
}

/** Rows alone, for a file that is written piece by piece. */
export function csvRows(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    {
      record_delimiter: 'windows',
      quoted_match: /[\r\n]/,
    },
  );
}
