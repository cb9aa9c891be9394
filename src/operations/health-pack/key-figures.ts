import type { KeyFigures } from '../../domain/health-pack/facts.ts';
import {
  type Figure,
  type Month,
  monthAfter,
  monthsUntil,
  type Section,
  type Unit,
} from '../../domain/health-pack/section.ts';
import type { MarginRow } from '../../domain/margin.ts';
import { HISTORY_MONTHS, type MarginHistory } from './margins.ts';

interface MonthFigures extends MarginRow {
  readonly customers: bigint;
}

/** Customers with use, uses, credits, billed value, cost, gap and margin, over six months. */
export function keyFiguresOf({ customer }: MarginHistory, month: Month): Section<KeyFigures> {
  const { rows, totals, currency } = customer;
  const byMonth = new Map(
    totals.map((total) => {
      const customers = BigInt(rows.filter((row) => row.month === total.month && row.uses > 0).length);
      return [total.month, { ...total, customers }];
    }),
  );
  if ((byMonth.get(month)?.uses ?? 0) === 0) {
    return { kind: 'not_enough_data', because: `Nothing was used in ${month}.`, have: 0, need: 1 };
  }
  const figure = (key: string, name: string, unit: Unit, of: (one: MonthFigures) => bigint | null): Figure => {
    const valueIn = (which: Month): bigint | null => {
      const found = byMonth.get(which);
      return found === undefined ? null : of(found);
    };
    const months = monthsUntil(month, HISTORY_MONTHS).map((which) => ({ month: which, value: valueIn(which) }));
    return { key, name, unit, value: valueIn(month), previous: valueIn(monthAfter(month, -1)), months };
  };
  const money = { of: 'money', currency } as const;
  return {
    kind: 'data',
    data: {
      figures: [
        figure('customers', 'Customers with use', { of: 'count' }, ({ customers }) => customers),
        figure('uses', 'Uses', { of: 'count' }, ({ uses }) => BigInt(uses)),
        figure('credits', 'Credits burned', { of: 'credits' }, ({ credits }) => credits),
        figure('billed', 'Billed value of use', money, ({ billed }) => billed),
        figure('cost', 'Cost at providers', money, ({ cost }) => cost),
        figure('gap', 'Gap', money, ({ gap }) => gap),
        figure('margin', 'Margin', { of: 'share' }, ({ margin }) => margin),
      ],
    },
  };
}
