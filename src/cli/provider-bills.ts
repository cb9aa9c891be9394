import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';

import type { Command } from 'commander';

import { billErrorsCsv, billGapQuery, shownGap, shownProviderBill } from '../contract/provider-bills.ts';
import { shownMoney } from '../domain/currency.ts';
import { formatNano, minorOfNano } from '../domain/nano-money.ts';
import type { BillLine } from '../domain/provider-bill.ts';
import { importProviderBill, readBillGap, readProviderBills } from '../operations/margin/provider-bills.ts';
import { actingAs } from './acting.ts';
import { readBill, type ReadBill } from './bill-file.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface ImportOptions {
  readonly provider: string;
  readonly map?: string;
  readonly currency?: string;
  readonly dryRun?: boolean;
  readonly errors?: string;
  readonly as?: string;
  readonly json?: boolean;
}

const AS = ['--as <person>', 'who you are, as in operators list (default: the command line itself)'] as const;
const SHOWN_MAX = 20;

/** `creditpool bill import | list | gap`. */
export function registerBillCommands(program: Command, context: CliContext): void {
  const bill = program
    .command('bill')
    .description('bills of model providers, and where they part from what uses said they cost')
    .addHelpText(
      'before',
      examples(
        'bill import april.csv --provider openai --dry-run',
        'bill gap --provider openai --from 2026-04-01 --to 2026-04-30',
      ),
    );
  registerImport(bill, context);
  registerGap(bill, context);
  bill
    .command('list')
    .description('what was imported, the newest first')
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('bill list', 'bill list --json'))
    .action(async ({ as: name, json: asJson = false }: { as?: string; json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const bills = await readProviderBills(deps, await actingAs(deps, name), 100);
        if ('rejected' in bills) return showRefusal(context, bills, asJson);
        if (asJson) context.out(json({ object: 'list', data: bills.map(shownProviderBill) }));
        else {
          const rows = bills.map((one) => [one.provider, one.firstDay, one.lastDay, String(one.lines), one.name]);
          context.out(table(['provider', 'from', 'to', 'lines', 'name'], rows, [3]));
        }
        return EXIT.done;
      });
    });
}

function registerImport(bill: Command, context: CliContext): void {
  bill
    .command('import')
    .description('bring in a bill as CSV; one bad row and nothing is changed, the same content again changes nothing')
    .argument('<file>', 'CSV with a header')
    .requiredOption('--provider <name>', 'as usage names it')
    .option('--map <pairs>', `what our columns are called there: day=Date,model=Model,key="API key",amount=Cost`)
    .option('--currency <code>', 'of all rows, where the file has no such column')
    .option('--dry-run', 'check every row and change nothing')
    .option('--errors <file>', 'write the bad rows there, with what is wrong')
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'bill import april.csv --provider openai --currency usd --dry-run --errors bad.csv',
        'bill import april.csv --provider openai --map day=usage_date,amount=cost_usd --currency usd',
      ),
    )
    .action(async (file: string, options: ImportOptions) => {
      const read = readBill(file, options);
      if ('unusable' in read) {
        context.say(read.unusable);
        process.exitCode = EXIT.wrongUsage;
      } else if (read.bad.length > 0) process.exitCode = showBad(context, read, options);
      else await importBill(context, basename(file), read.lines, options);
    });
}

async function importBill(
  context: CliContext,
  name: string,
  lines: readonly BillLine[],
  { provider, dryRun = false, as: person, json: asJson = false }: ImportOptions,
): Promise<void> {
  await withBooks(context, { stripe: false }, async (deps) => {
    const acting = await actingAs(deps, person);
    const imported = await importProviderBill(deps, acting, { provider, name, lines, dryRun });
    if ('rejected' in imported) return showRefusal(context, imported, asJson);
    const { bill, state } = imported;
    if (asJson) context.out(json({ ...shownProviderBill(bill), state }));
    const what = `${bill.lines} lines of ${provider} from ${bill.firstDay} to ${bill.lastDay}`;
    const said = {
      imported: `${what}: imported. Next: creditpool bill gap --provider ${provider} --from ${bill.firstDay} --to ${bill.lastDay}`,
      imported_before: `${what}: this very content was imported before, by ${bill.importedBy}. Nothing was changed.`,
      dry_run: `${what}: every row can be read. Nothing was changed.`,
    };
    context.say(said[state]);
    return EXIT.done;
  });
}

function showBad(context: CliContext, { header, bad }: ReadBill, { errors, json: asJson }: ImportOptions): number {
  if (errors !== undefined) writeFileSync(errors, billErrorsCsv(header, bad));
  if (asJson === true) {
    const shown = bad.map(({ line, message }) => ({ line, message }));
    context.out(json({ object: 'provider_bill', state: 'refused', errors: shown }));
  } else for (const { line, message } of bad.slice(0, SHOWN_MAX)) context.say(`line ${line}: ${message}`);
  if (bad.length > SHOWN_MAX) context.say(`and ${bad.length - SHOWN_MAX} more rows`);
  const where = errors === undefined ? '' : ` They are in ${errors}.`;
  context.say(`${bad.length} bad rows: nothing was changed.${where}`);
  return EXIT.checkFailed;
}

interface GapOptions {
  readonly provider: string;
  readonly from: string;
  readonly to: string;
  readonly all?: boolean;
  readonly as?: string;
  readonly json?: boolean;
}

function registerGap(bill: Command, context: CliContext): void {
  bill
    .command('gap')
    .description(`cost without usage, usage without cost (exit ${EXIT.checkFailed} where there is any)`)
    .requiredOption('--provider <name>', 'as usage names it')
    .requiredOption('--from <day>', 'such as 2026-04-01')
    .requiredOption('--to <day>', 'such as 2026-04-30')
    .option('--all', 'also where both agree')
    .option(...AS)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'bill gap --provider openai --from 2026-04-01 --to 2026-04-30',
        'bill gap --provider openai --from 2026-04-01 --to 2026-04-30 --all --json',
      ),
    )
    .action(async (options: GapOptions) => {
      const { provider, from, to, all = false, as: name, json: asJson = false } = options;
      const asked = billGapQuery.safeParse({ provider, from, to });
      if (!asked.success) {
        const [issue] = asked.error.issues;
        context.say(`--${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        const span = { provider, firstDay: asked.data.from, lastDay: asked.data.to, all };
        const gap = await readBillGap(deps, await actingAs(deps, name), span);
        if ('rejected' in gap) return showRefusal(context, gap, asJson);
        if (asJson) {
          const sums = gap.sums.map(({ gapNano, ...sum }) => ({ ...sum, gap: formatNano(gapNano) }));
          context.out(json({ object: 'bill_gap', sums, data: gap.rows.map(shownGap) }));
        } else showGap(context, gap);
        return gap.sums.some(({ kind }) => kind !== 'agrees') ? EXIT.checkFailed : EXIT.done;
      });
    });
}

function showGap(
  context: CliContext,
  { rows, sums }: Exclude<Awaited<ReturnType<typeof readBillGap>>, { rejected: unknown }>,
): void {
  const shown = (nano: bigint | null, currency: string): string =>
    nano === null ? '–' : shownMoney(minorOfNano(nano, currency), currency);
  if (rows.length > 0) {
    const lines = rows.map(({ day, model, key, currency, kind, billedNano, usageNano, gapNano, uses }) => [
      day,
      model ?? '',
      key ?? '',
      kind.replaceAll('_', ' '),
      shown(billedNano, currency),
      shown(usageNano, currency),
      shown(gapNano, currency),
      String(uses),
    ]);
    context.out(table(['day', 'model', 'key', 'what', 'billed', 'told', 'gap', 'uses'], lines, [4, 5, 6, 7]));
  }
  for (const { currency, kind, rows: count, gapNano } of sums) {
    context.say(`${kind.replaceAll('_', ' ')}: ${count} rows, ${shown(gapNano, currency)}`);
  }
  if (sums.length === 0) context.say('No bill covers these days.');
}
