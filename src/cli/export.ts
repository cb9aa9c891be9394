import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parse } from 'csv-parse/sync';

import { fromWireId, toWireId } from '../contract/ids.ts';
import { controlCsv, journalFiles } from '../contract/journal-csv.ts';
import {
  journalExportBody,
  month,
  shownExport,
  toControlTotals,
  toExportAccounts,
} from '../contract/journal-exports.ts';
import {
  EXPORT_DETAILS,
  EXPORT_TARGETS,
  type ExportAccounts,
  type ExportDetail,
  type ExportTarget,
  sampleAccounts,
} from '../domain/journal-export.ts';
import { exportJournal, type JournalExport, listJournalExports, repeatExport } from '../operations/export-journal.ts';
import { namedAccounts } from '../operations/name-export-accounts.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { readNamedFile } from './named-file.ts';
import { examples, json, table } from './output.ts';
import { registerStatementExports } from './statement-exports.ts';
import { registerExportAll } from './whole-books.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly target: ExportTarget;
  readonly detail: ExportDetail;
  readonly accounts?: string;
  readonly out: string;
  readonly bom?: boolean;
  readonly json?: boolean;
}

/** `creditpool export journal | repeat | list | accounts | ledger | usage | customers | all`. */
export function registerExportCommands(program: Command, context: CliContext): void {
  const group = program
    .command('export')
    .description('the books as files for other ledgers')
    .addHelpText('before', examples('export journal 2026-04 --target xero', 'export accounts --target quickbooks'));
  registerJournal(group, context);
  registerRepeat(group, context);
  registerLists(group, context);
  registerStatementExports(group, context);
  registerExportAll(group, context);
}

const OUT = ['--out <folder>', 'where the files go', 'exports'] as const;

function registerJournal(group: Command, context: CliContext): void {
  group
    .command('journal')
    .description('the journals of a month, with control totals; the same files again by export repeat')
    .argument('<month>', 'such as 2026-04', toMonth)
    .addOption(new Option('--target <ledger>', 'who imports it').choices(EXPORT_TARGETS).makeOptionMandatory())
    .addOption(
      new Option('--detail <detail>', 'a journal a day, or a journal an entry')
        .choices(EXPORT_DETAILS)
        .default('summary'),
    )
    .option(
      '--accounts <file>',
      'CSV with account,name[,tax_rate]: what our accounts are called there (see: export accounts)',
    )
    .option(...OUT)
    .option('--bom', 'begin each file with a byte order mark, for Excel')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'export journal 2026-04 --target xero',
        'export journal 2026-04 --target generic --detail detail --out april',
      ),
    )
    .action(async (asked: string, options: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { target, detail } = options;
        const named = await namedAccounts(deps, target);
        const accounts = options.accounts === undefined ? named.accounts : await readAccounts(options.accounts);
        if (isMistake(accounts)) {
          context.say(accounts.message);
          return EXIT.wrongUsage;
        }
        const made = await exportJournal(deps, {
          month: asked,
          target,
          detail,
          accounts,
          actor: 'cli',
          render: journalFiles,
        });
        if ('rejected' in made) return showRefusal(context, made, options.json ?? false);
        if (options.accounts === undefined && named.changedBy === null)
          context.say(
            'These are the accounts of a sample chart; name your own with --accounts (see: export accounts).',
          );
        return write(context, made, options);
      });
    });
}

function registerRepeat(group: Command, context: CliContext): void {
  group
    .command('repeat')
    .description('the files of an earlier export again, the same to the byte')
    .argument('<export>', 'export_…')
    .option(...OUT)
    .option('--bom', 'begin each file with a byte order mark, for Excel')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('export repeat export_01m8…', 'export repeat export_01m8… --out april'))
    .action(async (id: string, options: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const made = await repeatExport(deps, {
          exportId: fromWireId('export', id) ?? NO_EXPORT,
          render: journalFiles,
        });
        return 'rejected' in made ? showRefusal(context, made, options.json ?? false) : write(context, made, options);
      });
    });
}

/** No export has it. */
const NO_EXPORT = '00000000-0000-0000-0000-000000000000';

function registerLists(group: Command, context: CliContext): void {
  group
    .command('list')
    .description('what was exported, by whom, the newest first')
    .option('--month <month>', 'such as 2026-04', toMonth)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('export list', 'export list --month 2026-04 --json'))
    .action(async ({ month: asked, json: asJson = false }: { month?: string; json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const found = await listJournalExports(deps, { month: asked ?? null, limit: 100 });
        if (asJson) context.out(json({ object: 'list', data: found.map(shownExport) }));
        else context.out(table(['export', 'month', 'target', 'detail', 'by', 'at'], found.map(row)));
        return EXIT.done;
      });
    });
  group
    .command('accounts')
    .description('the sample chart as a file to put your own accounts into')
    .addOption(new Option('--target <ledger>', 'who imports it').choices(EXPORT_TARGETS).default('generic'))
    .addHelpText(
      'before',
      examples('export accounts --target xero > accounts.csv', 'export accounts --target quickbooks'),
    )
    .action(({ target }: { target: ExportTarget }) => {
      context.out('account,name');
      for (const [kind, { account }] of Object.entries(sampleAccounts(target))) context.out(`${kind},${account}`);
    });
}

function row(record: Awaited<ReturnType<typeof listJournalExports>>[number]): readonly string[] {
  const { exportId, month: of, target, detail, createdBy, createdAt } = record;
  return [toWireId('export', exportId), of.slice(0, 7), target, detail, createdBy, createdAt.toISOString()];
}

async function write(context: CliContext, made: JournalExport, { out, bom = false, json: asJson = false }: Options) {
  await mkdir(out, { recursive: true });
  const control = controlCsv(toControlTotals(made.totals), made.files);
  for (const { name, text } of [...made.rendered, { name: `control-${made.month.slice(0, 7)}.csv`, text: control }])
    await writeFile(join(out, name), bom ? `\uFEFF${text}` : text);
  if (asJson) context.out(json(shownExport(made)));
  else for (const { name, lines } of made.files) context.out(`${join(out, name)}  ${lines} lines`);
  context.say(
    `${toWireId('export', made.exportId)}: debits equal credits in each currency; control totals are beside it.`,
  );
  return EXIT.done;
}

interface Mistake {
  readonly message: string;
}

function isMistake(read: ExportAccounts | Mistake): read is Mistake {
  return 'message' in read;
}

async function readAccounts(path: string): Promise<ExportAccounts | Mistake> {
  const content = await readNamedFile(path);
  if ('rejected' in content) return { message: content.rejected.message };
  const rows = parse(content, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  const named = (rows as Readonly<Record<string, string>>[]).map(({ account = '', name = '', tax_rate: rate = '' }) => [
    account,
    { account: name, ...(rate !== '' && { tax_rate: rate }) },
  ]);
  const read = journalExportBody.shape.accounts.safeParse(Object.fromEntries(named));
  if (read.success && read.data !== undefined) return toExportAccounts(read.data);
  const [issue] = read.error?.issues ?? [];
  return {
    message: `${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'has no row'}; columns are account,name[,tax_rate]`,
  };
}

function toMonth(text: string): string {
  const read = month.safeParse(text);
  if (!read.success) throw new InvalidArgumentError('must be a month such as 2026-04');
  return read.data;
}
