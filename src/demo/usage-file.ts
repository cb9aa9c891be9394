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

/** Why a file tells nothing at all. */
export interface UnusableFile {
  readonly unusable: string;
}

/** Reads a whole file; one clear sentence when there is no file, no header or no usable row. */
export async function readUsageFile(path: string): Promise<UsageFile | UnusableFile> {
  try {
    const { header, rows, bad } = await readRows(path);
    if (header === null) return { unusable: `${path} is empty; give a CSV file with the columns ${COLUMNS.join(',')}` };
    const missing = COLUMNS.filter((_, index) => header[index] === -1);
    if (missing.length > 0) {
      const columns = missing.join(', ');
      return { unusable: `${path} has no column ${columns}; its first line must be ${COLUMNS.join(',')}` };
    }
    const [first] = bad;
    if (rows.length === 0) {
      const why = first === undefined ? 'only a header' : `no usable row (line ${first.line}: ${first.reason})`;
      return { unusable: `${path} has ${why}; each row needs ${COLUMNS.join(',')}` };
    }
    return { rows: rows.toSorted((a, b) => a.at.getTime() - b.at.getTime() || a.line - b.line), bad };
  } catch (error) {
    return unreadable(path, error);
  }
}

interface Rows {
  /** Where the three columns are, -1 for nowhere; null when there is no line at all. */
  readonly header: readonly number[] | null;
  readonly rows: readonly UsageRow[];
  readonly bad: readonly BadRow[];
}

async function readRows(path: string): Promise<Rows> {
  const rows: UsageRow[] = [];
  const bad: BadRow[] = [];
  let header: readonly number[] | null = null;
  // Quotes are taken literally: one that is never closed must not swallow the rest of the file.
  const form = { bom: true, quote: null, relax_column_count: true, skip_empty_lines: true, trim: true, info: true };
  const parser = parse(form);
  createReadStream(path)
    .once('error', (error) => parser.destroy(error))
    .pipe(parser);
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    const cells = record.map(unquoted);
    if (header === null) {
      header = columnOrder(cells);
      if (header.includes(-1)) break;
      continue;
    }
    const row = readRow(cells, header, info.lines);
    if ('reason' in row) bad.push(row);
    else rows.push(row);
  }
  return { header, rows, bad };
}

function unquoted(cell: string): string {
  return /^"(.*)"$/s.exec(cell)?.[1] ?? cell;
}

function columnOrder(header: readonly string[]): readonly number[] {
  return COLUMNS.map((name) => header.findIndex((cell) => cell.toLowerCase() === name.toLowerCase()));
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

function unreadable(path: string, error: unknown): UnusableFile {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const wanted = `give a CSV file with ${COLUMNS.join(',')}`;
  if (code === 'ENOENT') return { unusable: `there is no file ${path}; ${wanted}` };
  if (code === 'EISDIR') return { unusable: `${path} is a folder; ${wanted}` };
  if (code === 'EACCES') return { unusable: `${path} may not be read; change its rights` };
  if (code.startsWith('CSV_')) return { unusable: `${path} is not a CSV file; ${wanted}` };
  throw error;
}
