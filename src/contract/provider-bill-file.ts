// A provider's bill as a CSV file, whatever its columns are called.
import { CsvError, parse } from 'csv-parse/sync';

import type { BillLine } from '../domain/provider-bill.ts';
import { BILL_COLUMNS, type BillColumn, billLine, toBillLine } from './provider-bills.ts';

interface BadRow {
  readonly line: number;
  readonly message: string;
  readonly row: Readonly<Record<string, string>>;
}

export interface ReadBill {
  readonly header: readonly string[];
  readonly lines: readonly BillLine[];
  readonly bad: readonly BadRow[];
}

/** Reads a bill by the mapping of its columns, `day=Date,amount=Cost`: the lines, and the rows that cannot be read. */
export function readBillText(
  { name, text }: { readonly name: string; readonly text: string },
  { map, currency }: { readonly map?: string; readonly currency?: string },
): ReadBill | { readonly unusable: string } {
  const mapping = readMapping(map ?? '');
  if (typeof mapping === 'string') return { unusable: mapping };
  try {
    const form = { columns: true, bom: true, trim: true, info: true, skip_empty_lines: true, relax_column_count: true };
    const records = parse(text, form) as unknown as readonly {
      readonly record: Record<string, string>;
      readonly info: { readonly lines: number };
    }[];
    const header = Object.keys(records[0]?.record ?? {});
    const nameOf = (column: BillColumn): string => mapping.get(column) ?? column;
    const missing = (['day', 'amount', ...(currency === undefined ? ['currency' as const] : [])] as const)
      .map(nameOf)
      .filter((column) => !header.includes(column));
    if (missing.length > 0) {
      return {
        unusable: `${name} has no column ${missing.join(', ')}; it has ${header.join(', ')}. Name them with --map.`,
      };
    }
    const lines: BillLine[] = [];
    const bad: BadRow[] = [];
    for (const { record: row, info } of records) {
      const cells = BILL_COLUMNS.flatMap((column) => {
        const cell = row[nameOf(column)];
        return cell === undefined ? [] : [[column, cell]];
      });
      const one = billLine.safeParse({ ...(currency !== undefined && { currency }), ...Object.fromEntries(cells) });
      if (one.success) lines.push(toBillLine(one.data));
      else {
        const [issue] = one.error.issues;
        bad.push({ line: info.lines, message: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, row });
      }
    }
    return { header, lines, bad };
  } catch (error) {
    if (error instanceof CsvError) return { unusable: `${name} is no CSV file: ${error.message}` };
    throw error;
  }
}

/** `day=Date,amount=Cost` as a map, or what is wrong with it. */
function readMapping(text: string): ReadonlyMap<BillColumn, string> | string {
  const mapping = new Map<BillColumn, string>();
  for (const pair of text.split(',').filter((part) => part !== '')) {
    const [ours = '', ...rest] = pair.split('=');
    const column = BILL_COLUMNS.find((name) => name === ours.trim());
    const theirs = rest.join('=').trim().replaceAll(/^"|"$/g, '');
    if (column === undefined || theirs === '') {
      return `--map ${pair}: write ours=theirs, ours being one of ${BILL_COLUMNS.join(', ')}`;
    }
    mapping.set(column, theirs);
  }
  return mapping;
}
