// Exports of ledger, usage and customers as a spreadsheet or a program reads them: the same columns in both formats.
import { z } from 'zod';

import { formatCredits, formatMinor } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import {
  STATEMENT_FORMATS,
  type StatementFormat,
  type StatementKind,
  type StatementRow,
} from '../domain/statement-export.ts';
import { customerName, type IdPrefix, toWireId } from './ids.ts';
import { month } from './journal-exports.ts';
import { csvRows, guarded } from './spreadsheet.ts';
import { instant } from './text.ts';

export const statementExportQuery = z
  .strictObject({
    month: month.optional(),
    from: instant.optional(),
    to: instant.optional(),
    format: z.enum(STATEMENT_FORMATS).default('csv'),
    /** As an earlier export has said it: then the file is the same. */
    recorded_before: instant.optional(),
    customer: customerName.optional(),
  })
  .refine(({ month: of, from, to }) => (of === undefined) === (from !== undefined && to !== undefined), {
    message: 'give a month, or from and to',
    path: ['month'],
  });

/** The span that a query names; a month begins and ends at midnight, UTC. */
export function spanOf({ month: of, from, to }: { month?: string; from?: Date; to?: Date }): { from: Date; to: Date } {
  if (from !== undefined && to !== undefined) return { from, to };
  const [year = 0, number = 0] = (of ?? '').split('-').map(Number);
  return { from: new Date(Date.UTC(year, number - 1, 1)), to: new Date(Date.UTC(year, number, 1)) };
}

/** How a column is written: ours as it is, an id with its prefix, an amount in its unit, or somebody's text. */
type Writing = 'plain' | 'instant' | 'amount' | 'credits' | 'json' | 'text' | IdPrefix;

const CUSTOMER = { customer: 'customer', external_id: 'text', stripe_customer: 'text' } as const;

const COLUMNS: Readonly<Record<StatementKind, Readonly<Record<string, Writing>>>> = {
  ledger: {
    entry: 'entry',
    line: 'plain',
    effective_at: 'instant',
    recorded_at: 'instant',
    kind: 'plain',
    ...CUSTOMER,
    unit: 'plain',
    from: 'plain',
    to: 'plain',
    amount: 'amount',
    pool: 'pool',
    lot: 'grant',
    belongs_to: 'plain',
    actor: 'text',
    reason: 'text',
    source_type: 'plain',
    source: 'text',
    stripe: 'text',
    reversal_of: 'entry',
  },
  usage: {
    usage_event: 'usage',
    occurred_at: 'instant',
    recorded_at: 'instant',
    ...CUSTOMER,
    source: 'text',
    event_id: 'text',
    action: 'text',
    member: 'text',
    quantities: 'json',
    dimensions: 'json',
    credits: 'credits',
    overage: 'credits',
    debt: 'credits',
    outcome: 'plain',
    undone: 'credits',
    entry: 'entry',
  },
  customers: {
    ...CUSTOMER,
    name: 'text',
    unit: 'plain',
    account: 'plain',
    opening: 'amount',
    in: 'amount',
    out: 'amount',
    closing: 'amount',
  },
};

/** The heading of the file; JSON lines have none. */
export function statementHead(kind: StatementKind, format: StatementFormat): string {
  return format === 'csv' ? csvRows([Object.keys(COLUMNS[kind])]) : '';
}

/** Rows as text of the file. Text that a spreadsheet would run is guarded in CSV, column by column; numbers never are. */
export function statementText(kind: StatementKind, format: StatementFormat, rows: readonly StatementRow[]): string {
  const columns = Object.entries(COLUMNS[kind]);
  if (format === 'csv') {
    return csvRows(
      rows.map((row) =>
        columns.map(([name, writing]) => {
          const value = written(row, name, writing);
          return writing === 'text' ? guarded(value) : (value ?? '');
        }),
      ),
    );
  }
  return rows
    .map((row) =>
      JSON.stringify(
        Object.fromEntries(
          columns.map(([name, writing]) => [name, writing === 'json' ? row[name] : written(row, name, writing)]),
        ),
      ),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function written(row: StatementRow, name: string, writing: Writing): string | null {
  const value = row[name];
  if (value === null || value === undefined) return null;
  if (writing === 'json') return JSON.stringify(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (writing === 'plain' || writing === 'text') return text;
  if (writing === 'instant') return new Date(text).toISOString();
  if (writing === 'credits') return formatCredits(BigInt(text));
  return writing === 'amount' ? amount(BigInt(text), row['unit']) : toWireId(writing, text);
}

function amount(value: bigint, unit: unknown): string {
  const places = typeof unit === 'string' ? minorPlaces(unit) : null;
  return places === null ? formatCredits(value) : formatMinor(value, places);
}

/** `ledger-2026-04-01-2026-05-01.csv` */
export function statementFileName(
  kind: StatementKind,
  format: StatementFormat,
  span: { from: Date; to: Date },
): string {
  return `${kind}-${span.from.toISOString().slice(0, 10)}-${span.to.toISOString().slice(0, 10)}.${format}`;
}

export const STATEMENT_TYPES: Readonly<Record<StatementFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/jsonl; charset=utf-8',
};
