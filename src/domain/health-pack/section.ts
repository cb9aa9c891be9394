// What every section of the monthly pricing health pack has in common. A section that has too little to say says so.

/** A calendar month in UTC, `2026-04`. */
export type Month = string;

export type Section<Data> =
  | { readonly kind: 'data'; readonly data: Data }
  | {
      readonly kind: 'not_enough_data';
      /** A sentence: what is missing. */
      readonly because: string;
      readonly have: number;
      readonly need: number;
    };

/** What a number counts: how it is written follows from it. */
export type Unit =
  | { readonly of: 'count' }
  /** Micro-credits. */
  | { readonly of: 'credits' }
  /** Nano-units of the currency's major unit: 1 USD is 1 000 000 000. */
  | { readonly of: 'money'; readonly currency: string }
  /** Hundredths of a percent: 880 is 8.8 %. */
  | { readonly of: 'share' };

/** A number that is followed over months: this one, the one before, and up to six, the oldest first, this one included. */
export interface Figure {
  readonly key: string;
  /** For people: "Credits burned". */
  readonly name: string;
  readonly unit: Unit;
  /** null: nothing to compute it from. */
  readonly value: bigint | null;
  readonly previous: bigint | null;
  readonly months: readonly { readonly month: Month; readonly value: bigint | null }[];
}

/** A share of a whole in hundredths of a percent, half up; null of nothing. */
export function shareOf(part: bigint, whole: bigint): bigint | null {
  if (whole === 0n) return null;
  const magnitude = whole < 0n ? -whole : whole;
  const signed = whole < 0n ? -part : part;
  const twice = 2n * 10_000n * (signed < 0n ? -signed : signed) + magnitude;
  const rounded = twice / (2n * magnitude);
  return signed < 0n ? -rounded : rounded;
}

/** The month that is so many months after (or, negative, before) another. */
export function monthAfter(month: Month, months: number): Month {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
}

/** The month with those before it, the oldest first. */
export function monthsUntil(month: Month, count: number): readonly Month[] {
  return Array.from({ length: count }, (_, at) => monthAfter(month, at + 1 - count));
}

/** First instant of a month in UTC. */
export function startOf(month: Month): Date {
  return new Date(`${month}-01T00:00:00.000Z`);
}

/** First instant after a month in UTC. */
export function endOf(month: Month): Date {
  return startOf(monthAfter(month, 1));
}
