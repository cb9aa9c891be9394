import type { CustomerMargin, MarginFigures, Margins, NamedMargin } from '../../domain/health-pack/facts.ts';
import { type Month, monthAfter, type Section } from '../../domain/health-pack/section.ts';
import type { MarginDimension, MarginReport, MarginRow } from '../../domain/margin.ts';
import type { Deps } from '../deps.ts';
import { computeMargins, type ShownMargin } from '../margin/read-margin.ts';

const SHOWN_MAX = 10;
/** Months that key figures are followed over. */
export const HISTORY_MONTHS = 6;

export type MarginHistory = Readonly<Record<MarginDimension, ShownMargin>>;

/** Six months by everything that the pack shows, of one look at the books. */
export async function readMarginHistory(deps: Pick<Deps, 'db'>, month: Month): Promise<MarginHistory> {
  const by = ['feature', 'action', 'model', 'customer'] as const;
  return computeMargins(deps, { by, from: monthAfter(month, 1 - HISTORY_MONTHS), to: month, currency: null });
}

/** What features cost and brought in a month. Not enough where no use has a known cost. */
export function marginsOf({ feature, action, model, customer }: MarginHistory, month: Month): Section<Margins> {
  const inMonth = (one: { readonly month: Month }): boolean => one.month === month;
  const rowsOf = ({ rows }: MarginReport): readonly MarginRow[] => rows.filter(inMonth);
  const total = feature.totals.find(inMonth);
  const notConverted = feature.notConverted
    .filter(inMonth)
    .map(({ currency, cost, billed }) => ({ currency, cost, billed }));
  if (total === undefined || (total.cost === 0n && notConverted.length === 0)) {
    const because = `No use of ${month} has a known cost: send provider with usage, or push a price list.`;
    return { kind: 'not_enough_data', because, have: 0, need: 1 };
  }
  return {
    kind: 'data',
    data: {
      currency: feature.currency,
      features: rowsOf(feature).map((row) => ({ feature: row.key ?? '', ...figuresOf(row) })),
      total: { feature: 'all', ...figuresOf(total) },
      actions: rowsOf(action).slice(0, SHOWN_MAX).map(named),
      models: rowsOf(model).slice(0, SHOWN_MAX).map(named),
      customers: rowsOf(customer).toSorted(leastGapFirst).slice(0, SHOWN_MAX).map(customerNamed(customer)),
      usesWithoutCost: total.usesWithoutCost,
      notConverted,
    },
  };
}

function named(row: MarginRow): NamedMargin {
  return { name: row.key, ...figuresOf(row) };
}

function customerNamed({ customers }: ShownMargin): (row: MarginRow) => CustomerMargin {
  return (row) => {
    const customerId = row.key ?? '';
    return { customerId, name: customers.get(customerId)?.name ?? null, ...figuresOf(row) };
  };
}

function leastGapFirst(a: MarginRow, b: MarginRow): number {
  if (a.gap === b.gap) return (a.key ?? '') < (b.key ?? '') ? -1 : 1;
  return a.gap < b.gap ? -1 : 1;
}

function figuresOf({ worth, ...row }: MarginRow): MarginFigures {
  const { uses, credits, cost, billed, gap, margin, previousMargin, underWater, drifted, belowTarget } = row;
  const { unallocated, free } = worth;
  const flags = { underWater, drifted, belowTarget };
  return { uses, credits, cost, billed, unallocated, free, gap, margin, previousMargin, ...flags };
}
