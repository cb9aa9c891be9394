import { type Command, InvalidArgumentError, Option } from 'commander';

import { formatCredits, formatScaled } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import { countUnexplained } from '../operations/count-unexplained.ts';
import { keepFunnel } from '../operations/finance/keep-funnel.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { reconcile, type Reconciliation } from '../operations/reconcile.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Options {
  readonly json?: boolean;
  readonly customer?: string;
  readonly full?: boolean;
  readonly failOn: 'variance' | 'nothing';
  readonly materiality?: string | null;
}

/** `creditpool reconcile`: exit 3 while anything is unexplained. */
export function registerReconcileCommand(program: Command, context: CliContext): void {
  program
    .command('reconcile')
    .description(
      `compare our books with Stripe's and with themselves (exit ${EXIT.checkFailed} on an unexplained variance)`,
    )
    .option('--customer <name>', 'only one: cus_… or ext:…')
    .option('--full', 'everybody, not only who has changed since the last run')
    .addOption(
      new Option('--fail-on <what>', `exit ${EXIT.checkFailed} on an unexplained variance, or never`)
        .choices(['variance', 'nothing'])
        .default('variance'),
    )
    .option('--materiality <amount>', 'smaller differences in money do not fail it: 1.00 (of each currency)', major)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('reconcile', 'reconcile --full --fail-on variance --materiality 1.00 --json'))
    .action(async ({ json: asJson = false, customer: name, full = false, failOn, materiality = null }: Options) => {
      await withBooks(context, { stripe: true }, async (deps) => {
        const customer = name === undefined ? null : await findCustomer(deps, name);
        if (customer !== null && 'rejected' in customer) return showRefusal(context, customer, asJson);
        const run = await reconcile(deps, customer === null ? { full } : { customer });
        if (customer === null) await keepFunnel(deps, run.reconciliationId);
        const material = await countUnexplained(deps, { materiality, customer });
        if (asJson) context.out(json({ object: 'reconciliation', ...run, ...(materiality !== null && { material }) }));
        else showRun(context, run);
        if (materiality !== null)
          context.say(`${material} of them ${material === 1 ? 'is' : 'are'} at least ${materiality}, or no money.`);
        return material === 0 || failOn === 'nothing' ? EXIT.done : EXIT.checkFailed;
      });
    });
}

function major(text: string): string {
  if (!/^\d{1,12}(\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError('write an amount such as 1.00.');
  return text;
}

function showRun(context: CliContext, run: Reconciliation): void {
  const rows = Object.entries(run.byCheck).map(([check, counts]) => [
    check,
    String(counts.compared),
    String(counts.found),
    String(counts.repaired),
    String(counts.unexplained),
  ]);
  context.out(table(['check', 'compared', 'found', 'repaired', 'unexplained'], rows, [1, 2, 3, 4]));
  for (const { state, checkName, class: kind, subject, amount, unit, cause, repair } of run.variances) {
    context.out(
      `${state}  ${checkName}  ${kind}  ${subject}  ${inMajorUnits(amount === null ? null : BigInt(amount), unit)}  ${cause ?? ''}  ${repair ?? ''}`,
    );
  }
  const verdict = run.unexplained === 0 ? 'Nothing is unexplained' : `${run.unexplained} unexplained`;
  context.say(`${verdict}: ${run.customers} customers, ${run.compared} things compared, ${run.reads} reads of Stripe.`);
}

/** "-20 credits" of micro-credits, "12.50 usd" of cents; anything else as it is counted. */
export function inMajorUnits(amount: bigint | null, unit: string | null): string {
  if (amount === null || unit === null) return '';
  if (unit.startsWith('micro-')) return `${formatCredits(amount)} ${unit.slice('micro-'.length)}s`;
  const places = minorPlaces(unit);
  if (places === null) return `${amount} ${unit}`;
  const shown = formatScaled(amount, places);
  const missing = places - (shown.split('.')[1]?.length ?? 0);
  return `${shown}${missing === places && places > 0 ? '.' : ''}${'0'.repeat(missing)} ${unit}`;
}
