// Finds the rate of an action and applies it.
import { type Dimensions, rate, rateInForce, type Quantities } from '../domain/rating.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import type { BurnRateRow } from '../storage/plans.ts';

export interface Rated {
  readonly row: BurnRateRow;
  readonly credits: bigint;
}

/** Micro-credits of an action's quantities by the row in force at an instant, or why there is no such price. */
export function rateAction(
  rates: readonly BurnRateRow[],
  action: string,
  quantities: Quantities,
  dimensions: Dimensions,
  at: Date,
): Rated | Refused {
  const row = rateInForce(rates, action, at);
  if (row === null) return unknownAction(action, rates);
  const credits = rate(row.rate, quantities, dimensions);
  return typeof credits === 'object' ? credits : { row, credits };
}

/** No row of the burn table is in force for this action. */
export function unknownAction(action: string, rates: readonly BurnRateRow[]): Refused {
  const known = [...new Set(rates.map((row) => row.action))].join(', ');
  return refuse(
    'unknown_action',
    `${action} has no rate in force; the burn table has ${known}. Push a catalogue that rates it.`,
    {
      param: 'action',
    },
  );
}

/** Quantities as they are stored. */
export function textOf(quantities: Quantities): Readonly<Record<string, string>> {
  const text: Record<string, string> = {};
  for (const name of Object.keys(quantities)) text[name] = String(quantities[name]);
  return text;
}
