import { z } from 'zod';

import { minorPlaces } from '../domain/currency.ts';
import { formatNano, parseNano } from '../domain/nano-money.ts';
import { type BillLine, type Comparison, type GapKind } from '../domain/provider-bill.ts';
import { toWireId } from './ids.ts';
import { LIST_LIMIT, startingAfter } from './lists.ts';
import { csv, guarded } from './spreadsheet.ts';
import { text } from './text.ts';

const LINES_MAX = 5_000;

/** A day in UTC; of an instant its day. */
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}([T ].*)?$/, 'must be a day such as 2026-04-01')
  .transform((value) => value.slice(0, 10))
  .refine((value) => !Number.isNaN(Date.parse(`${value}T00:00:00Z`)), 'must be a day such as 2026-04-01');

const currency = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine((code) => minorPlaces(code) !== null, 'is no currency that Stripe knows');

/** Major units, also as spreadsheets write small ones: 1.2e-05. Negative where something was given back. */
const amount = z.string().transform((value, context) => {
  const nano = signedNano(value.trim());
  if (nano !== null) return nano;
  context.addIssue({ code: 'custom', message: 'must be an amount of major units such as 12.34 or 1.2e-05' });
  return z.NEVER;
});

function signedNano(value: string): bigint | null {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,18}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(value);
  if (match === null) return null;
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = match;
  const places = fraction.length - Number(exponent);
  const digits = whole + fraction;
  const shifted =
    places <= 0
      ? digits + '0'.repeat(-places)
      : `${digits.padStart(places + 1, '0').slice(0, -places)}.${digits.padStart(places + 1, '0').slice(-places)}`;
  const [major = '0', rest = ''] = shifted.split('.');
  const nano = parseNano(`${major.replace(/^0+(?=\d)/, '')}.${rest.padEnd(12, '0').slice(0, 12)}`);
  return nano === null ? null : sign === '-' ? -nano : nano;
}

const emptyIsNone = z
  .string()
  .max(200)
  .transform((value) => (value.trim() === '' ? null : value.trim()));

/** One line of a bill, as a CSV row or in a request. */
export const billLine = z.strictObject({
  day,
  model: emptyIsNone.default(null),
  key: emptyIsNone.default(null),
  amount,
  currency,
});

export function toBillLine({ amount: amountNano, ...line }: z.output<typeof billLine>): BillLine {
  return { ...line, amountNano };
}

export const providerBillBody = z.strictObject({
  provider: text(100),
  name: text(200),
  lines: z.array(billLine).min(1, 'has at least one line').max(LINES_MAX, `has at most ${LINES_MAX} lines`),
  dry_run: z.boolean().default(false),
});

export const providerBillsQuery = z.strictObject({ limit: LIST_LIMIT, ...startingAfter('bill') });

export const billGapQuery = z.strictObject({
  provider: text(100),
  from: day,
  to: day,
  all: z.enum(['true', 'false']).default('false'),
});

/** Columns of a bill that mean something to us; how they are called in the file is the reader's mapping. */
export const BILL_COLUMNS = ['day', 'model', 'key', 'amount', 'currency'] as const;
export type BillColumn = (typeof BILL_COLUMNS)[number];

/** What is wrong with which row, as a file to mend and send again. */
export function billErrorsCsv(
  header: readonly string[],
  bad: readonly { readonly line: number; readonly message: string; readonly row: Readonly<Record<string, string>> }[],
): string {
  return csv(
    ['line', 'error', ...header],
    bad.map(({ line, message, row }) => [String(line), message, ...header.map((column) => guarded(row[column] ?? ''))]),
  );
}

interface ShownBill {
  readonly billId: string;
  readonly provider: string;
  readonly name: string;
  readonly firstDay: string;
  readonly lastDay: string;
  readonly lines: number;
  readonly contentHash: string;
  readonly importedBy: string;
  readonly importedAt: Date;
}

export function shownProviderBill(bill: ShownBill) {
  return {
    id: toWireId('bill', bill.billId),
    object: 'provider_bill' as const,
    provider: bill.provider,
    name: bill.name,
    first_day: bill.firstDay,
    last_day: bill.lastDay,
    lines: bill.lines,
    content_hash: bill.contentHash,
    imported_by: bill.importedBy,
    imported_at: bill.importedAt,
  };
}

export function shownGap(row: Comparison & { readonly kind: GapKind; readonly gapNano: bigint }) {
  const shown = (nano: bigint | null): string | null => (nano === null ? null : formatNano(nano));
  return {
    day: row.day,
    model: row.model,
    key: row.key,
    currency: row.currency,
    kind: row.kind,
    billed: shown(row.billedNano),
    told: shown(row.usageNano),
    gap: formatNano(row.gapNano),
    uses: row.uses,
    uses_without_cost: row.unpriced,
  };
}
