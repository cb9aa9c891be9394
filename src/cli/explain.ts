import { type Command, InvalidArgumentError } from 'commander';

import { shownExplanation } from '../contract/explanations.ts';
import { statementCsv } from '../contract/statement-csv.ts';
import { shownStatement } from '../contract/statements.ts';
import type { LedgerLine, LedgerStatement } from '../domain/ledger-line.ts';
import type { Refused } from '../domain/rejection.ts';
import { startExecutor } from '../operations/executor.ts';
import { explainBalance } from '../operations/explain-balance.ts';
import { readStatement } from '../operations/read-statement.ts';
import type { RealTime } from '../operations/track-usage.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface StatementOptions {
  readonly from: Date;
  readonly to: Date;
  readonly member?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** `creditpool explain | statement`: why a balance is what it is, and how it came there. */
export function registerExplainCommands(program: Command, context: CliContext): void {
  program
    .command('explain')
    .description('why the balance is what it is: each lot, what opened it, what drew it')
    .argument('<customer>', 'cus_… or ext:…')
    .option('--all', 'spent lots too')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('explain ext:acme', 'explain ext:acme --all --json'))
    .action(async (customer: string, { all = false, json: asJson = false }: { all?: boolean; json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const told = await explainBalance({ deps, executor: startExecutor(deps) }, { customer, spentToo: all });
        if ('rejected' in told) return showRefusal(context, told, asJson);
        const shown = shownExplanation(told);
        if (asJson) context.out(json(shown));
        else showStory(context, shown);
        return EXIT.done;
      });
    });

  program
    .command('statement')
    .description('opening, every movement and closing of a span')
    .argument('<customer>', 'cus_… or ext:…')
    .requiredOption('--from <instant>', 'its first instant', instant)
    .requiredOption('--to <instant>', 'the first instant that is not in it', instant)
    .option('--member <name>', "only this member's pool")
    .option('--csv', 'CSV on stdout')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'statement ext:acme --from 2026-04-01T00:00:00Z --to 2026-05-01T00:00:00Z',
        'statement ext:acme --from 2026-04-01T00:00:00Z --to 2026-05-01T00:00:00Z --csv',
      ),
    )
    .action(async (customer: string, options: StatementOptions) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const whole = await wholeStatement({ deps, executor: startExecutor(deps) }, customer, options);
        if ('rejected' in whole) return showRefusal(context, whole, options.json === true);
        if (options.json === true) context.out(json(shownStatement(whole, `/v1/customers/${customer}/statement`)));
        else if (options.csv === true) context.out(statementCsv(whole).trimEnd());
        else showStatement(context, whole);
        return EXIT.done;
      });
    });
}

const PAGE = 1_000;

/** Page after page, until there is no more. */
async function wholeStatement(
  books: RealTime,
  customer: string,
  { from, to, member = null }: Pick<StatementOptions, 'from' | 'to'> & { readonly member?: string | null },
): Promise<LedgerStatement | Refused> {
  const lines: LedgerLine[] = [];
  for (;;) {
    const page = await readStatement(books, { customer, member, from, to, after: lines.at(-1) ?? null, limit: PAGE });
    if ('rejected' in page) return page;
    lines.push(...page.lines);
    if (!page.hasMore) return { ...page, lines };
  }
}

function showStatement(context: CliContext, statement: LedgerStatement): void {
  const { data, opening, closing } = shownStatement(statement, '');
  const rows = data.map((line) => [
    line.at.toISOString(),
    line.kind,
    line.action ?? '',
    line.changes.available,
    line.changes.held,
    line.changes.overage,
    line.changes.debt,
    line.balance.available,
    line.entry,
  ]);
  const edge = (at: Date, kind: string, { available, held, overage, debt }: typeof opening) => [
    at.toISOString(),
    kind,
    '',
    '',
    held,
    overage,
    debt,
    available,
    '',
  ];
  context.out(
    table(
      ['at', 'kind', 'action', 'change', 'held', 'overage', 'debt', 'available', 'entry'],
      [edge(statement.from, 'opening', opening), ...rows, edge(statement.to, 'closing', closing)],
      [3, 4, 5, 6, 7],
    ),
  );
}

function showStory(
  context: CliContext,
  { balance, lots, owed, spent_lots: spent }: ReturnType<typeof shownExplanation>,
) {
  context.out(table(Object.keys(balance), [Object.values(balance)], [0, 1, 2, 3, 4, 5]));
  for (const lot of lots) {
    const { granted_by: by } = lot;
    const origin = [by.by, 'invoice' in by ? `${by.invoice} ${by.invoice_line ?? ''}`.trim() : '', by.reason ?? ''];
    context.out(`\n${lot.id}  ${lot.granted} ${lot.source} by ${origin.filter((word) => word !== '').join(', ')}`);
    for (const { for: purpose, action, credits, entries } of lot.drawn_by) {
      context.out(
        `  -${credits}  ${action ?? purpose}${purpose === 'usage' ? '' : ` (${purpose})`}, ${entries} entries`,
      );
    }
    for (const held of lot.held_by) context.out(`  -${held.credits}  held by ${held.hold} for ${held.action}`);
    for (const [as, credits] of Object.entries(lot.ended_as)) context.out(`  -${credits}  ${as}`);
    context.out(
      `  =${lot.remaining}  left, ${lot.spendable} spendable, until ${lot.expires_at?.toISOString() ?? 'for ever'}`,
    );
  }
  for (const { as, action, credits } of owed) {
    const cause = as === 'debt' ? 'clawed back' : 'used before the import';
    context.out(`\n${as}: ${credits} ${action ?? (credits.startsWith('-') ? 'paid by lots or reversed' : cause)}`);
  }
  if (spent.lots > 0) context.say(`${spent.lots} spent lots of ${spent.granted} credits are not shown; see --all.`);
}

function instant(text: string): Date {
  const at = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) || Number.isNaN(at.getTime())) {
    throw new InvalidArgumentError('write an instant such as 2026-04-01T00:00:00Z.');
  }
  return at;
}
