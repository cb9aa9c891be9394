import { readFileSync, writeFileSync } from 'node:fs';

import type { Command } from 'commander';
import { CsvError, parse } from 'csv-parse/sync';

import {
  type BadOpeningRow,
  OPENING_COLUMNS,
  OPENING_EXAMPLE,
  openingBalance,
  openingErrorsCsv,
} from '../contract/opening-balances.ts';
import { formatCredits, parseCredits } from '../domain/amount.ts';
import { openBalance, type OpeningBalance } from '../operations/import/open-balances.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { registerImportAll } from './whole-books.ts';
import { withBooks } from './with-books.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly errors?: string;
  readonly template?: boolean;
  readonly json?: boolean;
}

interface ReadRow {
  readonly line: number;
  readonly row: Readonly<Record<string, string>>;
  readonly balance: OpeningBalance;
}

const SHOWN_MAX = 20;

/** `creditpool import opening-balances FILE | all FOLDER`. */
export function registerOpeningBalancesCommand(program: Command, context: CliContext): void {
  const group = program
    .command('import')
    .description('bring in what other systems know, or an export of everything')
    .addHelpText('before', examples('import opening-balances balances.csv --dry-run', 'import all folder'));
  registerImportAll(group, context);
  group
    .command('opening-balances')
    .description('open what customers had left elsewhere, from a CSV file; one bad row, and nothing is changed')
    .argument('[file]', `CSV with the columns ${OPENING_COLUMNS.join(',')}`)
    .option('--dry-run', 'check every row and change nothing')
    .option('--errors <file>', 'write the bad rows there, with what is wrong')
    .option('--template', 'print a file to begin with')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'import opening-balances --template > balances.csv',
        'import opening-balances balances.csv --dry-run --errors bad.csv',
      ),
    )
    .action(async (file: string | undefined, options: Options) => {
      if (options.template === true) {
        context.out(`${OPENING_COLUMNS.join(',')}\n${OPENING_EXAMPLE.join(',')}`);
        return;
      }
      const read = file === undefined ? { unreadable: 'name a CSV file, or ask for --template' } : readRows(file);
      if ('unreadable' in read) {
        context.say(read.unreadable);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        const bad = [...read.bad, ...(await refusedRows(deps, read.rows))].toSorted((a, b) => a.line - b.line);
        const opened = bad.length === 0 ? await open(deps, read.rows, options.dryRun === true) : [];
        show(context, read.rows, { bad, opened }, options);
        return bad.length === 0 ? EXIT.done : EXIT.checkFailed;
      });
    });
}

type Rows = { readonly rows: readonly ReadRow[]; readonly bad: readonly BadOpeningRow[] };

function readRows(file: string): Rows | { readonly unreadable: string } {
  try {
    const records = parse(readFileSync(file, 'utf8'), {
      columns: true,
      bom: true,
      trim: true,
      info: true,
      skip_empty_lines: true,
    }) as unknown as readonly { readonly record: Record<string, string>; readonly info: { readonly lines: number } }[];
    const rows: ReadRow[] = [];
    const bad: BadOpeningRow[] = [];
    const references = new Set<string>();
    for (const { record: row, info } of records) {
      const balance = readRow(row, references);
      if ('message' in balance) bad.push({ line: info.lines, message: balance.message, row });
      else rows.push({ line: info.lines, row, balance });
    }
    return { rows, bad };
  } catch (error) {
    if (error instanceof CsvError) return { unreadable: `${file} is no CSV file: ${error.message}` };
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { unreadable: `${file} cannot be read (${String(error.code)})` };
  }
}

function readRow(row: Record<string, string>, references: Set<string>): OpeningBalance | { readonly message: string } {
  const read = openingBalance.safeParse(row);
  if (!read.success) {
    const [issue] = read.error.issues;
    const column = issue?.path.join('.') ?? '';
    return { message: column === '' ? (issue?.message ?? 'cannot be read') : `${column}: ${issue?.message}` };
  }
  const { reference, customer, credits, expires_at: expiresAt, category, priority } = read.data;
  const micro = parseCredits(credits);
  if (micro === null) return { message: 'credits: do not fit' };
  if (references.has(reference)) return { message: `reference: ${reference} stands on another row too` };
  references.add(reference);
  const terms = { expiresAt: expiresAt ?? null, category: category ?? 'paid', priority: priority ?? 50 } as const;
  return { reference, customer, micro, ...terms };
}

async function refusedRows(deps: OpenBooks, rows: readonly ReadRow[]): Promise<readonly BadOpeningRow[]> {
  const bad: BadOpeningRow[] = [];
  for (const { line, row, balance } of rows) {
    const outcome = await openBalance(deps, balance, { dryRun: true });
    if (typeof outcome === 'object') bad.push({ line, row, message: outcome.refused });
  }
  return bad;
}

/** The micro-credits of each row that is opened now. */
async function open(deps: OpenBooks, rows: readonly ReadRow[], dryRun: boolean): Promise<readonly bigint[]> {
  const opened: bigint[] = [];
  for (const { balance } of rows) {
    if ((await openBalance(deps, balance, { dryRun })) === 'opened') opened.push(balance.micro);
  }
  return opened;
}

function show(
  { out, say }: CliContext,
  rows: readonly ReadRow[],
  { bad, opened }: { readonly bad: readonly BadOpeningRow[]; readonly opened: readonly bigint[] },
  { dryRun = false, errors, json: asJson = false }: Options,
): void {
  const credits = formatCredits(opened.reduce((sum, micro) => sum + micro, 0n));
  if (errors !== undefined && bad.length > 0) writeFileSync(errors, openingErrorsCsv(bad));
  if (asJson) {
    const before = bad.length === 0 ? rows.length - opened.length : 0;
    const counts = { opened: opened.length, opened_before: before, credits };
    const shown = bad.map(({ line, message }) => ({ line, message }));
    out(json({ object: 'opening_balances', dry_run: dryRun, ...counts, errors: shown }));
    return;
  }
  for (const { line, message } of bad.slice(0, SHOWN_MAX)) say(`line ${line}: ${message}`);
  if (bad.length > SHOWN_MAX) say(`and ${bad.length - SHOWN_MAX} more rows`);
  if (bad.length > 0) {
    say(`${bad.length} bad rows: nothing was changed.${errors === undefined ? '' : ` They are in ${errors}.`}`);
    return;
  }
  out(
    `${opened.length} balances${dryRun ? ' would be' : ''} opened, ${credits} credits; ${rows.length - opened.length} were opened before.`,
  );
}
