// Real requests as a CSV file: TIMESTAMP (UTC), ContextTokens, GeneratedTokens. A bad row is named and left out.
import { createReadStream } from 'node:fs';

import { parse } from 'csv-parse';

export interface UsageRow {
  /** Line of the file, the header being line 1: it identifies the request. */
  readonly line: number;
  readonly at: Date;
  readonly contextTokens: bigint;
  readonly generatedTokens: bigint;
}

export interface BadRow {
  readonly line: number;
  readonly reason: string;
}

export interface UsageFile {
  /** In the order of time; the file may have any order. */
  readonly rows: readonly UsageRow[];
  readonly bad: readonly BadRow[];
}

const COLUMNS = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'] as const;

/** Reads a whole file. Throws one clear sentence when there is no file, no header or no usable row. */
export async function readUsageFile(path: string): Promise<UsageFile> {
  const rows: UsageRow[] = [];
  const bad: BadRow[] = [];
  let order: readonly number[] | null = null;
  // Quotes are taken literally: one that is never closed must not swallow the rest of the file.
  const parser = parse({
    bom: true,
    quote: null,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    info: true,
  });
  createReadStream(path)
    .once('error', (error) => parser.destroy(error))
    .pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const cells = record.map(unquoted);
      if (order === null) {
        order = columnOrder(path, cells);
        continue;
      }
      const row = readRow(cells, order, info.lines);
      if ('reason' in row) bad.push(row);
      else rows.push(row);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  if (order === null) throw new Error(`${path} is empty; give a CSV file with the columns ${COLUMNS.join(',')}`);
  const [first] = bad;
  if (rows.length === 0) {
    const why = first === undefined ? 'only a header' : `no usable row (line ${first.line}: ${first.reason})`;
    throw new Error(`${path} has ${why}; each row needs ${COLUMNS.join(',')}`);
  }
  return { rows: rows.toSorted((a, b) => a.at.getTime() - b.at.getTime() || a.line - b.line), bad };
}

function unquoted(cell: string): string {
  return /^"(.*)"$/s.exec(cell)?.[1] ?? cell;
}

/** Where the three columns are. */
function columnOrder(path: string, header: readonly string[]): readonly number[] {
  const order = COLUMNS.map((name) => header.findIndex((cell) => cell.toLowerCase() === name.toLowerCase()));
  const missing = COLUMNS.filter((_, index) => order[index] === -1);
  if (missing.length === 0) return order;
  throw new Error(`${path} has no column ${missing.join(', ')}; its first line must be ${COLUMNS.join(',')}`);
}

function readRow(cells: readonly string[], order: readonly number[], line: number): UsageRow | BadRow {
  const [timestamp, context, generated] = order.map((index) => cells[index]);
  if (timestamp === undefined || context === undefined || generated === undefined) {
    return { line, reason: `has ${cells.length} of ${COLUMNS.length} columns` };
  }
  const at = readTimestamp(timestamp);
  if (at === null)
    return { line, reason: `TIMESTAMP ${shown(timestamp)} is not a UTC time such as 2023-11-16 18:17:03.97` };
  const contextTokens = readCount(context);
  if (contextTokens === null)
    return { line, reason: `ContextTokens ${shown(context)} is not a whole number, zero or more` };
  const generatedTokens = readCount(generated);
  if (generatedTokens === null) {
    return { line, reason: `GeneratedTokens ${shown(generated)} is not a whole number, zero or more` };
  }
  return { line, at, contextTokens, generatedTokens };
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?$/;

/** Down to the millisecond. A day or an hour that does not exist is refused, not carried over. */
function readTimestamp(text: string): Date | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [, day = '', time = '', fraction = '', zone = 'Z'] = match;
  const local = new Date(`${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  if (Number.isNaN(local.getTime()) || !local.toISOString().startsWith(`${day}T${time}`)) return null;
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (offset === null) return local;
  const minutes = (Number(offset[2]) * 60 + Number(offset[3])) * (offset[1] === '-' ? -1 : 1);
  return new Date(local.getTime() - minutes * 60_000);
}

function readCount(text: string): bigint | null {
  return /^\d{1,12}$/.test(text) ? BigInt(text) : null;
}

function shown(text: string): string {
  return text === '' ? '(empty)' : JSON.stringify(text.slice(0, 40));
}

function unreadable(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT')
    return new Error(`there is no file ${path}; give a CSV file with ${COLUMNS.join(',')}`, { cause: error });
  if (code === 'EISDIR')
    return new Error(`${path} is a folder; give a CSV file with ${COLUMNS.join(',')}`, { cause: error });
  if (code === 'EACCES') return new Error(`${path} may not be read; change its rights`, { cause: error });
  if (error instanceof Error && typeof code === 'string' && code.startsWith('CSV_')) {
    return new Error(`${path} is not a CSV file: ${error.message}`, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
