import { type Month, monthAfter, endOf, startOf } from '../../domain/health-pack/section.ts';
import { type MarginDimension, type MarginReport, marginReport } from '../../domain/margin.ts';
import type { Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { customerNames, type CustomerLabel } from '../../storage/customer-names.ts';
import { providerSpend, useValues } from '../../storage/margin.ts';
import { currentPriceList } from '../../storage/model-prices.ts';
import { offeredCurrency } from '../../storage/plans.ts';
import { readWhole } from '../../storage/whole-reads.ts';
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
export async function computeMargin(deps: Pick<Deps, 'db'>, { by, ...asked }: MarginQuestion): Promise<ShownMargin> {
  return (await computeMargins(deps, { by: [by], ...asked }))[by];
}

/** By several dimensions of one look at the books. */
export async function computeMargins<By extends MarginDimension>(
  { db }: Pick<Deps, 'db'>,
  { by, from, to, currency }: Omit<MarginQuestion, 'by'> & { readonly by: readonly By[] },
): Promise<Readonly<Record<By, ShownMargin>>> {
  const asOf = await now(db);
  const running = asOf.toISOString().slice(0, 7);
  const first = from ?? to ?? running;
  const last = to ?? (first > running ? first : running);
  const scope = { from: startOf(monthAfter(first, -1)), until: endOf(last), by };
  const { values, spend, list } = await readWhole(db, async (trx) => ({
    values: await useValues(trx, scope),
    spend: await providerSpend(trx, scope),
    list: await currentPriceList(trx),
  }));
  const shownIn = currency ?? list?.currency ?? (await offeredCurrency(db)) ?? 'usd';
  const reports: Partial<Record<By, ShownMargin>> = {};
  for (const dimension of by) {
    const ofIt = ({ by: of }: { readonly by: MarginDimension }): boolean => of === dimension;
    const facts = { values: values.filter(ofIt), spend: spend.filter(ofIt), list };
    const report = marginReport(facts, { by: dimension, currency: shownIn, since: first });
    const ids = dimension === 'customer' ? report.rows.flatMap(({ key }) => key ?? []) : [];
    const customers = await customerNames(db, [...new Set(ids)]);
    reports[dimension] = { ...report, from: first, to: last, asOf, customers };
  }
  return reports as Record<By, ShownMargin>;
}
