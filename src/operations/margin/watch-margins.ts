import { formatScaled } from '../../domain/amount.ts';
// Tells of features that cost more than they bring, and of margins that moved: once per feature and month.
import { monthAfter } from '../../domain/health-pack/section.ts';
import type { MarginRow } from '../../domain/margin.ts';
import { formatNano } from '../../domain/nano-money.ts';
import { insertAlerts, type NewAlert } from '../../storage/alerts.ts';
import { now } from '../../storage/clock.ts';
import { deploymentAlert } from '../deployment-alert.ts';
import type { Deps } from '../deps.ts';
import { computeMargin } from './read-margin.ts';

/** Looks at the month that is over and at the running one; drift is told of a whole month only. */
export async function watchMargins(deps: Deps): Promise<{ readonly raised: number }> {
  const at = await now(deps.db);
  const running = at.toISOString().slice(0, 7);
  const over = monthAfter(running, -1);
  const report = await computeMargin(deps, { by: 'feature', from: over, to: running, currency: null });
  const alerts = report.rows.flatMap((row) => [
    ...(row.underWater ? [alertOf(deps, 'margin.under_water', row, report.currency)] : []),
    ...(row.drifted && row.month === over ? [alertOf(deps, 'margin.drifted', row, report.currency)] : []),
  ]);
  return { raised: await insertAlerts(deps.db, at, alerts) };
}

function alertOf(
  deps: Deps,
  kind: 'margin.under_water' | 'margin.drifted',
  { key, month, cost, billed, gap, margin, previousMargin }: MarginRow,
  currency: string,
): NewAlert {
  const percent = (share: bigint | null): string | null => (share === null ? null : formatScaled(share, 2));
  return deploymentAlert(deps, kind, `${key ?? ''}/${month}`, {
    feature: key,
    month,
    currency,
    cost: formatNano(cost),
    billed: formatNano(billed),
    gap: formatNano(gap),
    margin_percent: percent(margin),
    previous_margin_percent: percent(previousMargin),
  });
}
