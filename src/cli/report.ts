import { type Command, Option } from 'commander';

import { flagsOf, labelOf, marginCsv, marginQuery, percent, shownMargin } from '../contract/margin.ts';
import { formatCredits } from '../domain/amount.ts';
import { shownMoney } from '../domain/currency.ts';
import { MARGIN_DIMENSIONS, type MarginDimension, type MarginRow } from '../domain/margin.ts';
import { minorOfNano } from '../domain/nano-money.ts';
import { readMargin, type ShownMargin } from '../operations/margin/read-margin.ts';
import { actingAs } from './acting.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { registerHealthPackCommands } from './health-pack.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly by: MarginDimension;
  readonly from?: string;
  readonly to?: string;
  readonly currency?: string;
  readonly as?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** `creditpool report margin`. */
export function registerReportCommands(program: Command, context: CliContext): void {
  const report = program
    .command('report')
    .description('what the numbers say')
    .addHelpText('before', examples('report margin', 'report health-pack --period 2026-06 --out packs'));
  registerHealthPackCommands(report, context);
  report
    .command('margin')
    .description('cost at the providers, billed value and gap, month by month')
    .addOption(new Option('--by <what>', 'one row for each').choices(MARGIN_DIMENSIONS).default('feature'))
    .option('--from <month>', 'the first month, such as 2026-01 (default: the running one)')
    .option('--to <month>', 'the last month')
    .option('--currency <code>', 'of the report (default: that of the price list, else of the plans)')
    .option('--as <person>', 'who you are, as in operators list (default: the command line itself)')
    .option('--csv', 'comma-separated values on stdout')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('report margin', 'report margin --by model --from 2026-01 --to 2026-06 --csv'))
    .action(async (options: Options) => {
      const { by, from, to, currency } = options;
      const asked = marginQuery.safeParse({ by, from, to, currency });
      if (!asked.success) {
        const [issue] = asked.error.issues;
        context.say(`--${issue?.path.join('.') ?? ''} ${issue?.message ?? 'cannot be read'}`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        const acting = await actingAs(deps, options.as);
        const question = { by, from: from ?? null, to: to ?? null, currency: currency ?? null };
        const margin = await readMargin(deps, acting, question);
        if ('rejected' in margin) return showRefusal(context, margin, options.json ?? false);
        if (options.json === true) context.out(json(shownMargin(margin)));
        else if (options.csv === true) context.out(marginCsv(margin).trimEnd());
        else show(context, margin);
        return EXIT.done;
      });
    });
}

const HEAD = ['month', 'uses', 'credits', 'cost', 'billed', 'gap', 'margin', 'before', 'not billed', 'look at'];

function show(context: CliContext, margin: ShownMargin): void {
  const { rows, totals, by } = margin;
  if (rows.length === 0) {
    context.say(`No use from ${margin.from} to ${margin.to}.`);
    return;
  }
  const lines = [
    ...rows.map((row) => [labelOf(margin, row.key), ...cells(margin, row)]),
    ...totals.map((row) => ['all', ...cells(margin, row)]),
  ];
  context.out(table([by, ...HEAD], lines, [2, 3, 4, 5, 6, 7, 8, 9]));
  const without = totals.reduce((sum, { usesWithoutCost }) => sum + usesWithoutCost, 0);
  if (without > 0) context.say(`${without} uses have no known cost: send provider with them, or push prices.`);
  for (const { month, currency, cost, billed } of margin.notConverted) {
    const amounts = `cost ${money(cost, currency)}, billed ${money(billed, currency)}`;
    context.say(`${month}: ${amounts} are left out; add an exchange rate to the price list.`);
  }
}

function cells({ currency }: ShownMargin, row: MarginRow): readonly string[] {
  const { unallocated, free, unpaid } = row.worth;
  return [
    row.month,
    String(row.uses),
    formatCredits(row.credits),
    money(row.cost, currency),
    money(row.billed, currency),
    money(row.gap, currency),
    row.margin === null ? '–' : `${percent(row.margin)} %`,
    row.previousMargin === null ? '–' : `${percent(row.previousMargin)} %`,
    money(unallocated + free + unpaid, currency),
    flagsOf(row).join(', ').replaceAll('_', ' '),
  ];
}

function money(nano: bigint, currency: string): string {
  return shownMoney(minorOfNano(nano, currency), currency);
}
