import { type Command, InvalidArgumentError } from 'commander';

import { reportRollUp } from '../operations/report-roll-up.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json } from './output.ts';
import { withBooks } from './with-books.ts';

interface Options {
  readonly month: Date;
  readonly json?: boolean;
}

/** `creditpool rollup`. */
export function registerRollUpCommand(program: Command, context: CliContext): void {
  program
    .command('rollup')
    .description('how many meter events the usage of a month became')
    .requiredOption('--month <yyyy-mm>', 'in UTC', month)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('rollup --month 2026-04', 'rollup --month 2026-04 --json'))
    .action(async ({ month: from, json: asJson = false }: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
        const report = await reportRollUp(deps, { from, to });
        if (asJson) {
          context.out(
            json({
              usage_events: report.usageEvents,
              meter_events: report.meterEvents,
              customers: report.customers,
              customer_windows: report.customerWindows,
              at_most: report.most,
              window_minutes: report.windowMinutes,
            }),
          );
        } else {
          context.out(
            `${report.usageEvents} usage events of ${report.customers} customers became ${report.meterEvents} meter events: ` +
              `${report.customerWindows} windows of ${report.windowMinutes} minutes had usage, customers × windows is ${report.most}.`,
          );
        }
        return EXIT.done;
      });
    });
}

function month(text: string): Date {
  const at = new Date(`${text}-01T00:00:00Z`);
  if (!/^\d{4}-\d{2}$/.test(text) || Number.isNaN(at.getTime())) throw new InvalidArgumentError('write it as 2026-04');
  return at;
}
