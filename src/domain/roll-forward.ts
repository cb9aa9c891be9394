// How deferred revenue of bought credits moved in a month, by the month in which they were bought.

export const ROLL_FORWARD_COLUMNS = ['purchased', 'used', 'breakage', 'refunded', 'other'] as const;
export type RollForwardColumn = (typeof ROLL_FORWARD_COLUMNS)[number];

/** One sum of movements: what is owed to customers in credits grows by a positive amount. Minor units. */
export interface DeferredMove {
  readonly currency: string;
  /** `YYYY-MM` in which the credits were bought. */
  readonly purchaseMonth: string;
  /** Before the month: part of what it opened with. */
  readonly isBefore: boolean;
  readonly column: RollForwardColumn;
  readonly minor: bigint;
}

export type RollForwardRow = Readonly<Record<RollForwardColumn, bigint>> & {
  readonly currency: string;
  readonly purchaseMonth: string;
  readonly opening: bigint;
  readonly closing: bigint;
};

/** A row for each currency and month of purchase, oldest first, in which opening plus movements is closing. */
export function rollForward(moves: readonly DeferredMove[]): readonly RollForwardRow[] {
  const byPurchase = Map.groupBy(moves, ({ currency, purchaseMonth }) => `${currency} ${purchaseMonth}`);
  return [...byPurchase.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, own]) => {
      const [currency = '', purchaseMonth = ''] = key.split(' ');
      const sum = (of: (move: DeferredMove) => boolean): bigint =>
        own.reduce((total, move) => (of(move) ? total + move.minor : total), 0n);
      const column = (name: RollForwardColumn): bigint => sum((move) => !move.isBefore && move.column === name);
      return {
        currency,
        purchaseMonth,
        opening: sum((move) => move.isBefore),
        purchased: column('purchased'),
        used: column('used'),
        breakage: column('breakage'),
        refunded: column('refunded'),
        other: column('other'),
        closing: sum(() => true),
      };
    })
    .filter((row) => row.opening !== 0n || ROLL_FORWARD_COLUMNS.some((name) => row[name] !== 0n));
}

/** Credits that nobody paid for, in micro-credits: they are no revenue, and stand apart. */
export interface FreeCredits {
  readonly unit: string;
  readonly source: string;
  readonly opening: bigint;
  readonly granted: bigint;
  readonly used: bigint;
  readonly expired: bigint;
  readonly other: bigint;
  readonly closing: bigint;
}

/** An account of the money book: positive is owned, negative is owed or earned. */
export interface TrialBalanceRow {
  readonly currency: string;
  readonly account: string;
  readonly openingMinor: bigint;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
  readonly closingMinor: bigint;
}
