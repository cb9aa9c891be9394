// What use brings against what it costs at the providers of its models. A drawn credit is worth what was paid for its lot
// or its share of the fee, as far as the catalogue allocates one; overage is worth the plan's price. What nobody paid for,
// and credits of a fee that allocates nothing to them, stand apart at the plan's price.
import { exchanged, exchangeRateAt } from './exchange.ts';
import { endOf, type Month, monthAfter, shareOf } from './health-pack/section.ts';
import { DRIFT_POINTS, type ModelPriceList } from './model-prices.ts';

export const MARGIN_DIMENSIONS = ['feature', 'action', 'model', 'customer'] as const;
export type MarginDimension = (typeof MARGIN_DIMENSIONS)[number];

/** unpaid: debt, as long as nobody has paid it. */
export type ValueKind = 'paid' | 'overage' | 'fee' | 'unallocated' | 'free' | 'unpaid';

/** Uses of one month and name with their credits ('use'), or what one kind of credits in them was worth. */
export interface UseValue {
  readonly month: Month;
  readonly key: string | null;
  readonly currency: string | null;
  readonly kind: ValueKind | 'use';
  readonly uses: number;
  /** Uses of which no cost is known. */
  readonly withoutCost: number;
  /** Micro-credits. */
  readonly credits: bigint;
  /** Nano-units of the currency's major unit. */
  readonly nano: bigint;
}

export interface ProviderSpend {
  readonly month: Month;
  readonly key: string | null;
  /** null: of costs that are not known */
  readonly currency: string | null;
  readonly nano: bigint;
  readonly unpriced: number;
}

/** Money in nano-units of the report's currency, shares in hundredths of a percent. */
export interface MarginRow {
  readonly month: Month;
  /** null: uses that name no model */
  readonly key: string | null;
  readonly uses: number;
  readonly usesWithoutCost: number;
  readonly credits: bigint;
  readonly cost: bigint;
  readonly worth: Readonly<Record<ValueKind, bigint>>;
  /** paid + overage + fee */
  readonly billed: bigint;
  readonly gap: bigint;
  readonly margin: bigint | null;
  readonly previousMargin: bigint | null;
  readonly underWater: boolean;
  readonly drifted: boolean;
  readonly belowTarget: boolean;
}

export interface MarginReport {
  readonly by: MarginDimension;
  readonly currency: string;
  /** By month, the highest cost first. */
  readonly rows: readonly MarginRow[];
  /** One a month. */
  readonly totals: readonly MarginRow[];
  readonly notConverted: readonly Unconverted[];
}

export interface Unconverted {
  readonly month: Month;
  readonly currency: string;
  readonly cost: bigint;
  readonly billed: bigint;
}

interface Tally {
  uses: number;
  usesWithoutCost: number;
  credits: bigint;
  cost: bigint;
  readonly worth: Record<ValueKind, bigint>;
}

export interface MarginFacts {
  readonly values: readonly UseValue[];
  readonly spend: readonly ProviderSpend[];
  readonly list: Pick<ModelPriceList, 'exchangeRates' | 'margin'> | null;
}

/** The report over the months from `since` on; facts of the month before it are what drift is measured against. */
export function marginReport(
  { values, spend, list }: MarginFacts,
  { by, currency, since }: { readonly by: MarginDimension; readonly currency: string; readonly since: Month },
): MarginReport {
  const tallies = new Map<Month, Map<string | null, Tally>>();
  const unconverted = new Map<string, { month: Month; currency: string; cost: bigint; billed: bigint }>();
  const convert = (nano: bigint, from: string | null, month: Month, kind: ValueKind | 'cost'): bigint => {
    if (nano === 0n || from === null) return 0n;
    const rate = exchangeRateAt(list?.exchangeRates ?? [], from, currency, new Date(endOf(month).getTime() - 1));
    if (rate !== null) return exchanged(nano, rate);
    const key = `${month}/${from}`;
    const left = unconverted.get(key) ?? { month, currency: from, cost: 0n, billed: 0n };
    if (kind === 'cost') left.cost += nano;
    else if (isBilled(kind)) left.billed += nano;
    unconverted.set(key, left);
    return 0n;
  };
  for (const { month, key, currency: from, kind, nano, ...use } of values) {
    const tally = tallyOf(tallies, month, key);
    tally.uses += use.uses;
    tally.usesWithoutCost += use.withoutCost;
    tally.credits += use.credits;
    if (kind !== 'use') tally.worth[kind] += convert(nano, from, month, kind);
  }
  for (const { month, key, currency: from, nano } of spend) {
    tallyOf(tallies, month, key).cost += convert(nano, from, month, 'cost');
  }
  const months = [...tallies.keys()].filter((month) => month >= since).toSorted();
  const rows = months.flatMap((month) => rowsOf(tallies, month, by, list));
  const totals = months.map((month) => totalOf(tallies, month, list));
  return { by, currency, rows, totals, notConverted: [...unconverted.values()].filter(({ month }) => month >= since) };
}

function isBilled(kind: ValueKind): boolean {
  return kind === 'paid' || kind === 'overage' || kind === 'fee';
}

function tallyOf(tallies: Map<Month, Map<string | null, Tally>>, month: Month, key: string | null): Tally {
  const ofMonth = tallies.get(month) ?? new Map<string | null, Tally>();
  tallies.set(month, ofMonth);
  const tally = ofMonth.get(key) ?? noTally();
  ofMonth.set(key, tally);
  return tally;
}

function noTally(): Tally {
  const worth = { paid: 0n, overage: 0n, fee: 0n, unallocated: 0n, free: 0n, unpaid: 0n };
  return { uses: 0, usesWithoutCost: 0, credits: 0n, cost: 0n, worth };
}

function rowsOf(
  tallies: ReadonlyMap<Month, ReadonlyMap<string | null, Tally>>,
  month: Month,
  by: MarginDimension,
  list: MarginFacts['list'],
): readonly MarginRow[] {
  const before = tallies.get(monthAfter(month, -1));
  return [...(tallies.get(month) ?? [])]
    .map(([key, tally]) => rowOf(month, key, tally, before?.get(key), rulesFor(list, by, key)))
    .toSorted((a, b) => (a.cost === b.cost ? ((a.key ?? '') < (b.key ?? '') ? -1 : 1) : a.cost > b.cost ? -1 : 1));
}

function totalOf(
  tallies: ReadonlyMap<Month, ReadonlyMap<string | null, Tally>>,
  month: Month,
  list: MarginFacts['list'],
): MarginRow {
  const before = tallies.get(monthAfter(month, -1));
  const total = sum(tallies.get(month)?.values() ?? []);
  return rowOf(month, null, total, before && sum(before.values()), rulesFor(list, 'action', null));
}

function sum(tallies: Iterable<Tally>): Tally {
  const total = noTally();
  for (const { uses, usesWithoutCost, credits, cost, worth } of tallies) {
    total.uses += uses;
    total.usesWithoutCost += usesWithoutCost;
    total.credits += credits;
    total.cost += cost;
    for (const kind of Object.keys(worth) as ValueKind[]) total.worth[kind] += worth[kind];
  }
  return total;
}

interface Rules {
  /** Hundredths of a percent. */
  readonly target: bigint | null;
  readonly drift: bigint;
}

function rulesFor(list: MarginFacts['list'], by: MarginDimension, key: string | null): Rules {
  const { targetPercent, driftPoints = DRIFT_POINTS, features = [] } = list?.margin ?? {};
  const own = by === 'feature' ? features.find(({ feature }) => feature === key)?.targetPercent : undefined;
  const target = own ?? targetPercent;
  const hundredths = (percent: number): bigint => BigInt(Math.round(percent * 100));
  return { target: target === undefined ? null : hundredths(target), drift: hundredths(driftPoints) };
}

function rowOf(
  month: Month,
  key: string | null,
  tally: Tally,
  before: Tally | undefined,
  { target, drift }: Rules,
): MarginRow {
  const { cost, worth } = tally;
  const billed = billedOf(tally);
  const margin = shareOf(billed - cost, billed);
  const previousMargin = before === undefined ? null : shareOf(billedOf(before) - before.cost, billedOf(before));
  const moved = margin === null || previousMargin === null ? 0n : margin - previousMargin;
  return {
    month,
    key,
    ...tally,
    billed,
    gap: billed - cost,
    margin,
    previousMargin,
    underWater: cost > billed + worth.unallocated,
    drifted: (moved < 0n ? -moved : moved) > drift,
    belowTarget: target !== null && margin !== null && worth.unallocated === 0n && cost > 0n && margin < target,
  };
}

function billedOf({ worth }: Tally): bigint {
  return worth.paid + worth.overage + worth.fee;
}
