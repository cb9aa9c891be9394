import type { BillsForecast } from '../operations/migration/forecast-bills.ts';
import type { PlannedMigration } from '../operations/migration/plan-migration.ts';
import { count, money, signedMoney } from '../reports/numbers.ts';
import { customerName } from '../reports/side-by-side.ts';
import type { CliContext } from './context.ts';
import { table } from './output.ts';

const SHOWN = 20;

/** Whom a rollout takes and, where bills were compared, who would pay more. */
export function showForecast(
  context: CliContext,
  { toPlan, toVersion, cohorts }: PlannedMigration,
  bills: BillsForecast | null,
): void {
  context.out(
    table(
      ['cohort', 'opens after', 'move', 'held out', 'pinned', 'first renewal'],
      cohorts.map(({ cohort, opensAfterDays, moves, heldOut, pinned, firstRenewalAt }) => [
        cohort,
        `${opensAfterDays} days`,
        String(moves),
        String(heldOut),
        String(pinned),
        firstRenewalAt?.toISOString() ?? '–',
      ]),
      [2, 3, 4],
    ),
  );
  if (bills !== null) showBills(context, bills);
  context.say(`To ${toPlan}@${toVersion}, each customer with his renewal; a running period is never touched.`);
}

function showBills(context: CliContext, { sums, bills, leftOut, from, to }: BillsForecast): void {
  const more = bills.filter(({ beforeMinor, afterMinor }) => afterMinor > beforeMinor);
  if (more.length > 0) {
    context.out('');
    context.out(
      table(
        ['would pay more', 'now', 'then', 'difference'],
        more
          .slice(0, SHOWN)
          .map(({ beforeMinor, afterMinor, currency, ...who }) => [
            customerName(who),
            money(beforeMinor, currency),
            money(afterMinor, currency),
            signedMoney(afterMinor - beforeMinor, currency),
          ]),
        [1, 2, 3],
      ),
    );
    if (more.length > SHOWN) context.say(`The first ${SHOWN} of ${count(more.length)} are shown; --json has them all.`);
  }
  for (const { currency, payMore, customers, beforeMinor, afterMinor } of sums) {
    context.say(
      `${count(payMore)} of ${count(customers)} customers would pay more; together ${money(afterMinor, currency)} instead of ${money(beforeMinor, currency)}.`,
    );
  }
  const span = `${from.toISOString().slice(0, 10)} to ${to.toISOString().slice(0, 10)}`;
  context.say(`Whole billing periods from ${span} were compared; ${count(leftOut.length)} customers have none.`);
}
