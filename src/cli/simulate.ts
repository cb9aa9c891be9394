import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { planName, shownSimulation, simulationCsv } from '../contract/simulations.ts';
import { instant } from '../contract/text.ts';
import { summarise } from '../domain/simulation/bill-comparison.ts';
import type { Candidate } from '../operations/simulation/candidate.ts';
import { type Simulation, simulatePlans } from '../operations/simulation/simulate-plans.ts';
import { reportHtml } from '../reports/html.ts';
import { reportMarkdown } from '../reports/markdown.ts';
import { count, money, signedMoney } from '../reports/numbers.ts';
import { customerName, sideBySideReport } from '../reports/side-by-side.ts';
import { readCatalogueFile } from './catalogue-file.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { modeOf } from './mode.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly plan?: string;
  readonly catalogue?: string;
  readonly from: Date;
  readonly to: Date;
  readonly customer?: string;
  readonly format: 'table' | 'json' | 'csv' | 'html' | 'markdown';
  readonly out?: string;
}

/** `creditpool simulate --plan X | --catalogue FILE`. */
export function registerSimulateCommand(program: Command, context: CliContext): void {
  program
    .command('simulate')
    .description('what customers would have paid under another plan for what they did; reads only')
    .option('--plan <plan>', 'a plan (team), one of its versions (team@3), or each customer’s own (present)')
    .option('--catalogue <file>', 'a catalogue that need not be pushed; with --plan, that plan of it for everybody')
    .requiredOption('--from <day>', 'first day or instant: whole billing periods from here', toInstant)
    .requiredOption('--to <day>', 'first day or instant that is not in it', toInstant)
    .option('--customer <customer>', 'cus_… or ext:…; without it, everybody')
    .addOption(
      new Option('--format <format>', 'what to write')
        .choices(['table', 'json', 'csv', 'html', 'markdown'])
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .option('--csv', 'the same as --format csv')
    .option('--out <file>', 'write it there; html needs it')
    .addHelpText(
      'before',
      examples(
        'simulate --plan team@3 --from 2026-04-01 --to 2026-07-01',
        'simulate --catalogue spring.ts --from 2026-04-01 --to 2026-07-01 --format html --out bills.html',
        'simulate --plan present --from 2026-04-01 --to 2026-07-01 --customer ext:acme --json',
      ),
    )
    .action(async (given: Options & { json?: boolean; csv?: boolean }) => {
      const format = given.json === true ? 'json' : given.csv === true ? 'csv' : given.format;
      const options = { ...given, format };
      const mistake = mistakeIn(options);
      if (mistake !== null) {
        context.say(mistake);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      const candidate = await readCandidateOption(options);
      if ('findings' in candidate) {
        for (const { path, message, fix } of candidate.findings) context.say(`${path}: ${message} ${fix}`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      await withBooks(context, { stripe: false }, async (deps) => {
        const bar = progressBar();
        const simulation = await simulatePlans(deps, {
          candidate,
          from: options.from,
          to: options.to,
          customer: options.customer ?? null,
          onProgress: (done, total) => {
            if (!bar.isActive && total > 1) bar.start(total, done);
            bar.update(done);
          },
        }).finally(() => bar.stop());
        if ('rejected' in simulation) return showRefusal(context, simulation, format === 'json');
        await show(context, simulation, options, modeOf(context));
        return EXIT.done;
      });
    });
}

function mistakeIn({ plan, catalogue, from, to, format, out }: Options): string | null {
  if (plan === undefined && catalogue === undefined) return 'Name a model: --plan PLAN, or --catalogue FILE.';
  if (from >= to) return '--to must lie after --from.';
  return format === 'html' && out === undefined ? 'An HTML file needs a name: --out bills.html.' : null;
}

async function readCandidateOption({
  plan: text,
  catalogue: path,
}: Options): Promise<Candidate | { readonly findings: readonly { path: string; message: string; fix: string }[] }> {
  const plan = text === undefined ? null : planName.safeParse(text);
  if (plan !== null && !plan.success) {
    const message = plan.error.issues[0]?.message ?? '';
    return { findings: [{ path: '--plan', message: `${message}.`, fix: '' }] };
  }
  if (path === undefined) {
    if (plan === null || plan.data.plan === 'present') return { kind: 'present' };
    return { kind: 'plan', ...plan.data };
  }
  const file = await readCatalogueFile(path);
  if ('findings' in file) return file;
  return { kind: 'catalogue', name: path, catalogue: file.catalogue, plan: plan?.data.plan ?? null };
}

async function show(
  context: CliContext,
  simulation: Simulation,
  { format, out }: Options,
  mode: string,
): Promise<void> {
  const text = render(simulation, format, mode);
  if (out === undefined) context.out(text.trimEnd());
  else {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, text);
    context.say(`Written to ${out}.`);
  }
  for (const sums of summarise(simulation.bills)) {
    const { currency, payMore, customers, beforeMinor, afterMinor } = sums;
    context.say(
      `${count(payMore)} of ${count(customers)} customers would pay more; together ${money(afterMinor, currency)} instead of ${money(beforeMinor, currency)}.`,
    );
  }
  const { customers, equal } = simulation.control;
  context.say(
    `Control: simulated as invoiced for ${equal} of ${customers} customers. ${simulation.leftOut.length} left out. Nothing was changed.`,
  );
}

function render(simulation: Simulation, format: Options['format'], mode: string): string {
  switch (format) {
    case 'json':
      return json(shownSimulation(simulation));
    case 'csv':
      return simulationCsv(simulation);
    case 'html':
      return reportHtml(sideBySideReport(simulation, mode));
    case 'markdown':
      return reportMarkdown(sideBySideReport(simulation, mode));
    case 'table':
      return table(
        ['customer', 'now', 'would be', 'bills now', 'would be', 'difference'],
        simulation.bills.map((bill) => [
          customerName(bill),
          bill.before.plan,
          bill.after.plan,
          money(bill.beforeMinor, bill.before.currency),
          money(bill.afterMinor, bill.after.currency),
          signedMoney(bill.differenceMinor, bill.after.currency),
        ]),
        [3, 4, 5],
      );
  }
}

const LINE_EVERY_MS = 10_000;

function progressBar(): SingleBar {
  return new SingleBar({
    format: '{value} of {total} customers, {percentage} %, {eta_formatted} left',
    noTTYOutput: true,
    notTTYSchedule: LINE_EVERY_MS,
    linewrap: true,
  });
}

function toInstant(text: string): Date {
  const read = instant.safeParse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (!read.success) throw new InvalidArgumentError('must be a day such as 2026-04-01, or an instant.');
  return read.data;
}
