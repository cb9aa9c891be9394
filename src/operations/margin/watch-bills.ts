// Tells of bills that ask for more, or less, than uses told of: once per provider, month and currency.
import { monthAfter } from '../../domain/health-pack/section.ts';
import { formatNano } from '../../domain/nano-money.ts';
import { monthGaps } from '../../domain/provider-bill.ts';
import { insertAlerts } from '../../storage/alerts.ts';
import { now } from '../../storage/clock.ts';
import { type KeptGap, providersBilledIn, saveGap } from '../../storage/provider-bill-gaps.ts';
import { compareWithBills } from '../../storage/provider-bills.ts';
import { deploymentAlert } from '../deployment-alert.ts';
import type { Deps } from '../deps.ts';

/** Looks at the month that is over and at the running one: uses may have come in late. */
export async function watchBills(deps: Deps): Promise<{ readonly raised: number }> {
  const running = (await now(deps.db)).toISOString().slice(0, 7);
  let raised = 0;
  for (const month of [monthAfter(running, -1), running]) {
    for (const provider of await providersBilledIn(deps.db, month)) {
      raised += await watchBill(deps, { provider, firstMonth: month, lastMonth: month });
    }
  }
  return { raised };
}

/** Compares a provider's bills with the uses, month by month, keeps what each came to and tells of what is new. */
export async function watchBill(
  deps: Deps,
  {
    provider,
    firstMonth,
    lastMonth,
  }: { readonly provider: string; readonly firstMonth: string; readonly lastMonth: string },
): Promise<number> {
  const at = await now(deps.db);
  let raised = 0;
  for (let month = firstMonth; month <= lastMonth; month = monthAfter(month, 1)) {
    const span = { provider, firstDay: `${month}-01`, lastDay: lastDayOf(month) };
    const gaps = monthGaps(await compareWithBills(deps.db, span)).map((gap): KeptGap => ({ ...gap, provider, month }));
    for (const gap of gaps) await saveGap(deps.db, gap, at);
    const alerts = gaps.filter(({ isOpen }) => isOpen).map((gap) => alertOf(deps, gap));
    raised += await insertAlerts(deps.db, at, alerts);
  }
  return raised;
}

function lastDayOf(month: string): string {
  return new Date(Date.parse(`${monthAfter(month, 1)}-01T00:00:00Z`) - 1).toISOString().slice(0, 10);
}

function alertOf(deps: Deps, { provider, month, currency, ...gap }: KeptGap) {
  return deploymentAlert(deps, 'provider_bill.gap', `${provider}/${month}/${currency}`, {
    provider,
    month,
    last_day: lastDayOf(month),
    currency,
    billed: formatNano(gap.billedNano),
    told: formatNano(gap.toldNano),
    without_usage: formatNano(gap.withoutUsageNano),
    apart: formatNano(gap.apartNano),
  });
}
