// A provider's bill against what uses said they cost: per model, key and day, in the detail that the bill has.

export interface BillLine {
  /** `2026-04-01`, in UTC */
  readonly day: string;
  /** null where the bill does not say */
  readonly model: string | null;
  readonly key: string | null;
  /** Nano-units of the currency's major unit; negative where something was given back. */
  readonly amountNano: bigint;
  readonly currency: string;
}

export const GAP_KINDS = ['cost_without_usage', 'usage_without_cost', 'differs', 'agrees'] as const;
export type GapKind = (typeof GAP_KINDS)[number];

export interface Comparison {
  readonly day: string;
  readonly model: string | null;
  readonly key: string | null;
  readonly currency: string;
  /** null: the bill has no such line */
  readonly billedNano: bigint | null;
  /** null: no use says that it cost something there */
  readonly usageNano: bigint | null;
  readonly uses: number;
  /** Of those uses, the ones whose cost is not known. */
  readonly unpriced: number;
}

/** Differences up to so much of the bill are rounding on the provider's side, in hundredths of a percent. */
const TOLERANCE = 100n;

/** What a comparison comes to. */
export function gapKindOf({ billedNano, usageNano }: Pick<Comparison, 'billedNano' | 'usageNano'>): GapKind {
  if (usageNano === null) return (billedNano ?? 0n) === 0n ? 'agrees' : 'cost_without_usage';
  if (billedNano === null) return usageNano === 0n ? 'agrees' : 'usage_without_cost';
  const gap = magnitude(billedNano - usageNano);
  return gap * 10_000n <= magnitude(billedNano) * TOLERANCE ? 'agrees' : 'differs';
}

/** What the bill asks for beyond what uses told of. */
export function gapOf({ billedNano, usageNano }: Pick<Comparison, 'billedNano' | 'usageNano'>): bigint {
  return (billedNano ?? 0n) - (usageNano ?? 0n);
}

/** What a month of a provider's bills comes to, in one currency. */
export interface MonthGap {
  readonly currency: string;
  readonly billedNano: bigint;
  readonly toldNano: bigint;
  /** Of lines that no use told of. */
  readonly withoutUsageNano: bigint;
  /** Of lines that part, whichever way: what is too much does not make up for what is missing. */
  readonly apartNano: bigint;
  /** More is apart than the tolerance of what was billed. */
  readonly isOpen: boolean;
}

/** Sums of comparisons by currency. */
export function monthGaps(rows: readonly Comparison[]): readonly MonthGap[] {
  const sum = (of: readonly Comparison[], amount: (row: Comparison) => bigint): bigint =>
    of.reduce((total, row) => total + amount(row), 0n);
  return [...Map.groupBy(rows, ({ currency }) => currency)].map(([currency, own]) => {
    const billedNano = sum(own, (row) => row.billedNano ?? 0n);
    const apartNano = sum(own, (row) => (gapKindOf(row) === 'agrees' ? 0n : magnitude(gapOf(row))));
    return {
      currency,
      billedNano,
      toldNano: sum(own, (row) => row.usageNano ?? 0n),
      withoutUsageNano: sum(own, (row) => (gapKindOf(row) === 'cost_without_usage' ? gapOf(row) : 0n)),
      apartNano,
      isOpen: apartNano * 10_000n > magnitude(billedNano) * TOLERANCE,
    };
  });
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
