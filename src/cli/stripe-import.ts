import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { formatCredits } from '../domain/amount.ts';
import { type AccountCounts, importAccount, type ImportReport } from '../operations/import/import-account.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { withBooks } from './with-books.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly rate: number;
  readonly included: 'full' | 'none';
  readonly json?: boolean;
}

const LINE_EVERY_MS = 10_000;

/** `creditpool stripe import`: adopts an existing account, or says what that would do. */
export function registerStripeImportCommand(stripe: Command, context: CliContext): void {
  stripe
    .command('import')
    .description(
      'adopt an existing Stripe account: customers, subscriptions, open invoices, credit grants; only reads Stripe',
    )
    .option('--dry-run', 'report who is linked, ambiguous and new, and change nothing')
    .option('--rate <per second>', 'requests to Stripe in a second, at most', perSecond, 10)
    .addOption(
      new Option('--included <how>', 'allowance of the running period: whole, or as the opening balances say')
        .choices(['full', 'none'])
        .default('full'),
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples('stripe import --dry-run', 'stripe import --rate 20', 'stripe import --included none'),
    )
    .action(async (options: Options) => {
      await withBooks(context, { stripe: true, readsPerSecond: options.rate }, async (deps) => {
        const stopping = stopOnSignal(context);
        const bar = progressBar();
        const dryRun = options.dryRun === true;
        const report = await importAccount(deps, {
          dryRun,
          included: options.included,
          onCounts: (counts, done) => sayCounts(context, counts, done),
          onProgress: (done, total) => {
            if (!bar.isActive) bar.start(total, done);
            bar.update(done);
          },
          isStopped: stopping.isStopped,
        }).finally(() => {
          bar.stop();
          stopping.forget();
        });
        if (options.json === true) context.out(json(document(report, dryRun)));
        else show(context, report);
        if (report.stopped) {
          context.say(`Stopped. To go on where it was: creditpool stripe import --included ${options.included}`);
          return EXIT.interrupted;
        }
        return conclude(context, report, dryRun);
      });
    });
}

function perSecond(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('write a number from 1 to 999.');
  return Number(text);
}

function progressBar(): SingleBar {
  return new SingleBar({
    format: '{value} of {total} customers, {percentage} %, {eta_formatted} left',
    noTTYOutput: true,
    notTTYSchedule: LINE_EVERY_MS,
    linewrap: true,
  });
}

/** The first Ctrl-C lets the customer under way be finished; the second one ends the process. */
function stopOnSignal({ say }: CliContext): { readonly isStopped: () => boolean; readonly forget: () => void } {
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    say('Stopping after this customer …');
  };
  process.once('SIGINT', stop);
  return { isStopped: () => stopped, forget: () => process.off('SIGINT', stop) };
}

function sayCounts({ say }: CliContext, counts: AccountCounts, done: number): void {
  const { customers, subscriptions, openInvoices } = counts;
  say(`At Stripe: ${customers} customers, ${subscriptions} subscriptions, ${openInvoices} open invoices.`);
  if (done > 0) say(`Going on after the ${done} customers of the run that was stopped.`);
}

function show({ out, say }: CliContext, { customers, outside }: ImportReport): void {
  const rows = customers.map(({ match, openInvoices, grants, grantedMicro, usedMicro, unclear }) => [
    match.match,
    match.stripeCustomerId,
    match.externalId === null ? '' : `ext:${match.externalId}`,
    match.plan ?? '',
    String(openInvoices),
    String(grants),
    formatCredits(grantedMicro),
    formatCredits(usedMicro),
    match.because ?? unclear ?? '',
  ]);
  const columns = ['match', 'customer', 'name', 'plan', 'open invoices', 'grants', 'credits', 'used before', 'because'];
  if (rows.length > 0) out(table(columns, rows, [4, 5, 6, 7]));
  say(`${outside} customers are subscribed to none of the plans and stay outside.`);
}

function conclude({ say }: CliContext, { customers }: ImportReport, dryRun: boolean): number {
  const count = (match: string): number => customers.filter((one) => one.match.match === match).length;
  say(`${count('linked')} linked, ${count('new')} new, ${count('ambiguous')} ambiguous.`);
  const usedMicro = customers.reduce((sum, one) => sum + one.usedMicro, 0n);
  if (usedMicro > 0n)
    say(`${formatCredits(usedMicro)} credits were used before in periods that run: Stripe bills them.`);
  const unclear = customers.filter((one) => one.unclear !== null).length;
  if (unclear > 0) say(`${unclear} customers wait for what is said of them; then run it again.`);
  say(dryRun ? 'Nothing was changed. To do it: creditpool stripe import' : 'Next: creditpool reconcile --full');
  return count('ambiguous') + unclear === 0 ? EXIT.done : EXIT.checkFailed;
}

function document({ counts, customers, outside, resumedAfter, stopped }: ImportReport, dryRun: boolean): object {
  return {
    object: 'stripe_import',
    dry_run: dryRun,
    stopped,
    resumed_after: resumedAfter,
    counts: { customers: counts.customers, subscriptions: counts.subscriptions, open_invoices: counts.openInvoices },
    outside,
    customers: customers.map(({ match, openInvoices, grants, grantedMicro, usedMicro, unclear }) => ({
      stripe_customer: match.stripeCustomerId,
      external_id: match.externalId,
      match: match.match,
      because: match.because ?? unclear,
      plan: match.plan,
      open_invoices: openInvoices,
      credit_grants: grants,
      opening_credits: formatCredits(grantedMicro),
      used_before_credits: formatCredits(usedMicro),
    })),
  };
}
