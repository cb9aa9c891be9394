import { type Month, monthAfter, endOf, startOf } from '../../domain/health-pack/section.ts';
import { type MarginDimension, type MarginReport, marginReport } from '../../domain/margin.ts';
import type { Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { customerNames, type CustomerLabel } from '../../storage/customer-names.ts';
import { providerSpend, useValues } from '../../storage/margin.ts';
import { currentPriceList } from '../../storage/model-prices.ts';
import { offeredCurrency } from '../../storage/plans.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

export interface MarginQuestion {
  readonly by: MarginDimension;
  /** null: the running month */
  readonly from: Month | null;
  readonly to: Month | null;
  /** null: that of the price list, else of the plans */
  readonly currency: string | null;
}

export interface ShownMargin extends MarginReport {
  readonly from: Month;
  readonly to: Month;
  /** The instant up to which everything is in it. */
  readonly asOf: Date;
  /** Of a report by customer: who they are. */
  readonly customers: ReadonlyMap<string, CustomerLabel>;
}

/** Cost, billed value and gap by feature, action, model or customer, month by month, for whoever may see margins. */
export async function readMargin(deps: Deps, acting: Acting, asked: MarginQuestion): Promise<ShownMargin | Refused> {
  const actor = await permitted(deps.db, acting, 'margin.read');
  return 'rejected' in actor ? actor : computeMargin(deps, asked);
}

/** The same for our own jobs and reports. */
export async function computeMargin(
  { db }: Pick<Deps, 'db'>,
  { by, from, to, currency }: MarginQuestion,
): Promise<ShownMargin> {
  const asOf = await now(db);
  const running = asOf.toISOString().slice(0, 7);
  const first = from ?? to ?? running;
  const last = to ?? (first > running ? first : running);
  const scope = { from: startOf(monthAfter(first, -1)), until: endOf(last), by };
  const [values, spend, list] = await Promise.all([
    useValues(db, scope),
    providerSpend(db, scope),
    currentPriceList(db),
  ]);
  const shownIn = currency ?? list?.currency ?? (await offeredCurrency(db)) ?? 'usd';
  const report = marginReport({ values, spend, list }, { by, currency: shownIn, since: first });
  const ids = by === 'customer' ? report.rows.flatMap(({ key }) => key ?? []) : [];
  return { ...report, from: first, to: last, asOf, customers: await customerNames(db, [...new Set(ids)]) };
}
