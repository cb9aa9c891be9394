// The pictures of the roll-forward. Numbers only draw; the exact amounts stand on the bars and in the tables.
import { barsSvg } from '../../charts/bars.ts';
import { waterfallSvg, type WaterfallStep } from '../../charts/waterfall.ts';
import { minorPlaces } from '../../domain/currency.ts';
import { ROLL_FORWARD_COLUMNS, type RollForwardColumn, type RollForwardRow } from '../../domain/roll-forward.ts';
import type { ChartLook } from '../chart.ts';
import { accountingText } from '../figures.ts';
import { monthText } from './frame.ts';

const COLUMNS: Readonly<Record<RollForwardColumn, string>> = {
  purchased: 'Purchased',
  used: 'Used',
  breakage: 'Breakage',
  refunded: 'Refunded',
  other: 'Other',
};

export function columnWords(name: RollForwardColumn): string {
  return COLUMNS[name];
}

/** All months of purchase in one row, which is of none. */
export function totalOf(currency: string, own: readonly RollForwardRow[]): RollForwardRow {
  const sum = (of: (row: RollForwardRow) => bigint): bigint => own.reduce((total, row) => total + of(row), 0n);
  return {
    currency,
    purchaseMonth: '',
    opening: sum(({ opening }) => opening),
    purchased: sum(({ purchased }) => purchased),
    used: sum(({ used }) => used),
    breakage: sum(({ breakage }) => breakage),
    refunded: sum(({ refunded }) => refunded),
    other: sum(({ other }) => other),
    closing: sum(({ closing }) => closing),
  };
}

export async function rollForwardSvg(
  currency: string,
  own: readonly RollForwardRow[],
  look: ChartLook,
): Promise<string> {
  const total = totalOf(currency, own);
  const step = (name: string, minor: bigint, isTotal: boolean): WaterfallStep => ({
    name,
    amount: major(minor, currency),
    isTotal,
    label: accountingText(minor, currency),
  });
  const moved = ROLL_FORWARD_COLUMNS.filter((name) => name !== 'other' || total.other !== 0n);
  const steps = [
    step('Opening', total.opening, true),
    ...moved.map((name) => step(columnWords(name), total[name], false)),
    step('Closing', total.closing, true),
  ];
  return waterfallSvg(steps, { ...look, shown: axisText });
}

/** What of each month's purchases went in this month, and what is left of it. */
export async function purchasesSvg(currency: string, own: readonly RollForwardRow[], look: ChartLook): Promise<string> {
  const series = [
    { name: 'Still deferred', values: own.map(({ closing }) => major(closing, currency)) },
    { name: 'Used in the month', values: own.map(({ used }) => major(-used, currency)) },
    { name: 'Breakage and refunds', values: own.map((row) => major(-row.breakage - row.refunded, currency)) },
  ];
  const categories = own.map(({ purchaseMonth }) => shortMonth(purchaseMonth));
  return barsSvg({ categories, series, stacked: true }, { ...look, shown: axisText });
}

/** "2026-04" → "Apr 2026": many of them have to fit. */
function shortMonth(month: string): string {
  const [name = '', year = ''] = monthText(month).split(' ');
  return `${name.slice(0, 3)} ${year}`;
}

function major(minor: bigint, currency: string): number {
  return Number(minor) / 10 ** (minorPlaces(currency) ?? 2);
}

function axisText(amount: number): string {
  return new Intl.NumberFormat('en').format(amount);
}
