// The same behaviour under two models, customer by customer.
import type { PeriodBill } from './period-bill.ts';
import type { Replay } from './replay.ts';

/** A customer's bills over the span, under one model. */
export interface SimulatedBills {
  readonly plan: string;
  readonly currency: string;
  readonly periods: readonly PeriodBill[];
  readonly outcome: Pick<Replay, 'unfundedMicro' | 'debtMicro' | 'refusals' | 'refusedMicro' | 'expiredMicro'>;
}

export interface BillPair {
  readonly customerId: string;
  readonly externalId: string | null;
  readonly name: string | null;
  readonly before: SimulatedBills;
  readonly after: SimulatedBills;
}

export interface ComparedBill extends BillPair {
  readonly beforeMinor: bigint;
  readonly afterMinor: bigint;
  readonly differenceMinor: bigint;
}

/** Fees by their share of each period, so that a monthly and a yearly plan can be set side by side. */
export function comparableMinor({ periods }: SimulatedBills): bigint {
  return periods.reduce((sum, bill) => sum + bill.totalMinor - bill.feeMinor + bill.feeShareMinor, 0n);
}

export function compareBills(pair: BillPair): ComparedBill {
  const [beforeMinor, afterMinor] = [comparableMinor(pair.before), comparableMinor(pair.after)];
  return { ...pair, beforeMinor, afterMinor, differenceMinor: afterMinor - beforeMinor };
}

export interface Comparison {
  readonly currency: string;
  readonly customers: number;
  readonly payMore: number;
  readonly payLess: number;
  readonly same: number;
  readonly beforeMinor: bigint;
  readonly afterMinor: bigint;
}

/** Who would pay more, the most first; then who would pay less, the most first. */
export function byDifference(a: ComparedBill, b: ComparedBill): number {
  if (a.differenceMinor !== b.differenceMinor) return a.differenceMinor > b.differenceMinor ? -1 : 1;
  return a.customerId < b.customerId ? -1 : Number(a.customerId > b.customerId);
}

/** Sums by currency, in the order of their codes: money of two currencies is never added. */
export function summarise(bills: readonly ComparedBill[]): readonly Comparison[] {
  const byCurrency = Map.groupBy(bills, ({ after }) => after.currency);
  return [...byCurrency]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, own]) => ({
      currency,
      customers: own.length,
      payMore: own.filter(({ differenceMinor }) => differenceMinor > 0n).length,
      payLess: own.filter(({ differenceMinor }) => differenceMinor < 0n).length,
      same: own.filter(({ differenceMinor }) => differenceMinor === 0n).length,
      beforeMinor: own.reduce((sum, { beforeMinor }) => sum + beforeMinor, 0n),
      afterMinor: own.reduce((sum, { afterMinor }) => sum + afterMinor, 0n),
    }));
}

export interface TypicalBill {
  readonly place: 'A small bill' | 'The middle bill' | 'A large bill';
  readonly bill: ComparedBill;
}

/** The customers at a quarter, a half and three quarters of all bills, by what they pay now; none of fewer than three. */
export function typicalOf(bills: readonly ComparedBill[]): readonly TypicalBill[] {
  const [currency] = summarise(bills)
    .toSorted((a, b) => b.customers - a.customers)
    .map((one) => one.currency);
  const sorted = bills
    .filter(({ before }) => before.currency === currency)
    .toSorted((a, b) => {
      if (a.beforeMinor !== b.beforeMinor) return a.beforeMinor < b.beforeMinor ? -1 : 1;
      return a.customerId < b.customerId ? -1 : 1;
    });
  if (sorted.length < 3) return [];
  const at = (quarter: number): number => Math.floor(((sorted.length - 1) * quarter) / 4);
  const places = [
    ['A small bill', sorted[at(1)]],
    ['The middle bill', sorted[at(2)]],
    ['A large bill', sorted[at(3)]],
  ] as const;
  return places.flatMap(([place, bill]) => (bill === undefined ? [] : [{ place, bill }]));
}
