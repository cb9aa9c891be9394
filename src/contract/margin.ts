import { z } from 'zod';

import { formatCredits, formatScaled } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import { MARGIN_DIMENSIONS, type MarginReport, type MarginRow } from '../domain/margin.ts';
import { formatNano } from '../domain/nano-money.ts';
import { toWireId } from './ids.ts';
import { month } from './journal-exports.ts';
import { csv, guarded } from './spreadsheet.ts';

const currency = z
  .string()
  .refine((code) => minorPlaces(code) !== null, 'must be a currency in lower case, such as usd');

/** Margins by name and month. */
export const marginQuery = z
  .strictObject({
    by: z.enum(MARGIN_DIMENSIONS).default('feature'),
    from: month.optional(),
    to: month.optional(),
    currency: currency.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    message: 'must not be before from',
    path: ['to'],
  });

type Report = MarginReport & { readonly customers: ReadonlyMap<string, CustomerName> };

interface CustomerName {
  readonly name: string | null;
  readonly externalId: string | null;
  readonly stripeCustomerId: string | null;
}

/** A report as it is shown; money are decimal strings of major units, exact to the nano-unit. */
export function shownMargin(report: Report & { readonly from: string; readonly to: string; readonly asOf: Date }) {
  return {
    object: 'margin_report',
    by: report.by,
    currency: report.currency,
    from: report.from,
    to: report.to,
    as_of: report.asOf,
    data: report.rows.map((row) => ({ ...named(report, row), ...shownRow(row) })),
    totals: report.totals.map(shownRow),
    not_converted: report.notConverted.map(({ month: of, currency: paidIn, cost, billed }) => ({
      month: of,
      currency: paidIn,
      cost: formatNano(cost),
      billed: formatNano(billed),
    })),
  };
}

function named(report: Report, { key }: MarginRow): object {
  if (report.by !== 'customer' || key === null) return { [report.by]: key };
  return { customer: toWireId('customer', key), name: labelOf(report, key) };
}

/** What people call the row. */
export function labelOf({ by, customers }: Pick<Report, 'by' | 'customers'>, key: string | null): string {
  if (key === null) return by === 'model' ? '(no model named)' : '(none)';
  if (by !== 'customer') return key;
  const label = customers.get(key);
  const external = label?.externalId === null || label === undefined ? null : `ext:${label.externalId}`;
  return label?.name ?? external ?? label?.stripeCustomerId ?? toWireId('customer', key);
}

function shownRow(row: MarginRow) {
  const { worth } = row;
  return {
    month: row.month,
    uses: row.uses,
    uses_without_cost: row.usesWithoutCost,
    credits: formatCredits(row.credits),
    cost: formatNano(row.cost),
    billed: formatNano(row.billed),
    billed_as: { paid: formatNano(worth.paid), overage: formatNano(worth.overage), fee: formatNano(worth.fee) },
    not_billed: {
      unallocated: formatNano(worth.unallocated),
      free: formatNano(worth.free),
      unpaid: formatNano(worth.unpaid),
    },
    gap: formatNano(row.gap),
    margin_percent: percent(row.margin),
    previous_margin_percent: percent(row.previousMargin),
    flags: flagsOf(row),
  };
}

/** Hundredths of a percent as a decimal string. */
export function percent(share: bigint | null): string | null {
  return share === null ? null : formatScaled(share, 2);
}

/** What is to be looked at, in words that do not change. */
export function flagsOf({ underWater, drifted, belowTarget }: MarginRow): readonly string[] {
  return [
    ...(underWater ? ['under_water'] : []),
    ...(drifted ? ['drifted'] : []),
    ...(belowTarget ? ['below_target'] : []),
  ];
}

const HEAD = [
  'month',
  'name',
  'uses',
  'uses_without_cost',
  'credits',
  'currency',
  'cost',
  'billed',
  'paid',
  'overage',
  'fee',
  'unallocated',
  'free',
  'unpaid',
  'gap',
  'margin_percent',
  'previous_margin_percent',
  'flags',
];

/** RFC 4180: the rows, without sums. */
export function marginCsv(report: Report): string {
  return csv(
    HEAD,
    report.rows.map((row) => [
      row.month,
      guarded(labelOf(report, row.key)),
      String(row.uses),
      String(row.usesWithoutCost),
      formatCredits(row.credits),
      report.currency,
      ...[row.cost, row.billed, row.worth.paid, row.worth.overage, row.worth.fee].map(formatNano),
      ...[row.worth.unallocated, row.worth.free, row.worth.unpaid, row.gap].map(formatNano),
      percent(row.margin) ?? '',
      percent(row.previousMargin) ?? '',
      flagsOf(row).join(' '),
    ]),
  );
}
