// What the sections of the pricing health pack say of one month. Numbers only: sentences, charts and verdicts are made of them.
import type { Figure, Month } from './section.ts';

/** (2) Customers with use, credits burned, uses, billed value, provider cost, gap, each over six months. */
export interface KeyFigures {
  readonly figures: readonly Figure[];
}

/** (3) Where the credits went. */
export interface Burn {
  readonly total: bigint;
  /** The most burned first. */
  readonly features: readonly BurnRow[];
  /** At most ten. */
  readonly actions: readonly BurnRow[];
}

export interface BurnRow {
  readonly feature: string;
  /** null where the row is of the whole feature. */
  readonly action: string | null;
  readonly uses: number;
  /** Micro-credits, and those of the month before. */
  readonly credits: bigint;
  readonly previous: bigint;
  /** Of all credits burned in the month, in hundredths of a percent. */
  readonly share: bigint | null;
}

/** (4) What features cost and bring, in one currency; beside them the actions, models and customers that matter most. */
export interface Margins {
  readonly currency: string;
  readonly features: readonly FeatureMargin[];
  readonly total: FeatureMargin;
  /** At most ten of each, the highest cost first. */
  readonly actions: readonly NamedMargin[];
  readonly models: readonly NamedMargin[];
  /** At most ten, the least gap first. */
  readonly customers: readonly CustomerMargin[];
  /** Uses in the month of which no cost is known. */
  readonly usesWithoutCost: number;
  /** Cost or value in other currencies without an exchange rate: not in the rows. */
  readonly notConverted: readonly { readonly currency: string; readonly cost: bigint; readonly billed: bigint }[];
}

/** Money in nano-units of the major unit. */
export interface MarginFigures {
  readonly uses: number;
  readonly credits: bigint;
  readonly cost: bigint;
  readonly billed: bigint;
  /** Credits of a fee of which the catalogue allocates nothing to them, at the plan's price; not in `billed`. */
  readonly unallocated: bigint;
  /** Credits that nobody paid for, at the plan's price; not in `billed`. */
  readonly free: bigint;
  /** billed − cost */
  readonly gap: bigint;
  /** gap ÷ billed in hundredths of a percent; null where nothing was billed. */
  readonly margin: bigint | null;
  readonly previousMargin: bigint | null;
  /** Costs more than it brings, unallocated fees counted at the plan's price. */
  readonly underWater: boolean;
  /** The margin moved by more than the threshold against the month before. */
  readonly drifted: boolean;
  /** Below the margin that the price file wants; false where it wants none. */
  readonly belowTarget: boolean;
}

export interface FeatureMargin extends MarginFigures {
  readonly feature: string;
}

export interface NamedMargin extends MarginFigures {
  /** null: uses that name no model. */
  readonly name: string | null;
}

export interface CustomerMargin extends NamedMargin {
  readonly customerId: string;
}

/** (5) How customers' balances fare, over pools with a billing period that ended in the month. */
export interface BalanceHealth {
  readonly pools: number;
  /** Pools whose credits were gone before the period ended. */
  readonly depletedEarly: number;
  /** Pools without any use in the month. */
  readonly neverUsed: number;
  /** Of pools that were depleted: whole days from the period's start, the middle one; null where none was. */
  readonly daysToZeroMedian: number | null;
  readonly daysToZero: readonly { readonly upToDays: number | null; readonly pools: number }[];
  /** Micro-credits that ended unused in the month, and all that ended: used or expired. */
  readonly expired: bigint;
  readonly ended: bigint;
  readonly expiryShare: bigint | null;
}

/** (6) What was put right by hand. */
export interface Exceptions {
  readonly goodwill: { readonly cases: number; readonly credits: bigint; readonly previous: bigint };
  /** Goodwill credits of up to six months, the oldest first. */
  readonly goodwillByMonth: readonly { readonly month: Month; readonly credits: bigint; readonly cases: number }[];
  /** Issued and not void, minor units. */
  readonly creditNotes: readonly {
    readonly reason: string;
    readonly currency: string;
    readonly notes: number;
    readonly minor: bigint;
  }[];
  /** Cases that were done, by kind and what was done. */
  readonly adjustments: readonly {
    readonly kind: string;
    readonly outcome: string;
    readonly cases: number;
    /** Micro-credits given (taken back: negative). */
    readonly credits: bigint;
  }[];
  /** Requests that needed a second person. */
  readonly overLimit: {
    readonly asked: number;
    readonly approved: number;
    readonly refused: number;
    readonly waiting: number;
  };
}

/** (7) What customers complained of. */
export interface Disputes {
  /** Opened in the month at the bank, minor units. */
  readonly disputes: readonly {
    readonly reason: string;
    readonly currency: string;
    readonly disputes: number;
    readonly minor: bigint;
  }[];
  readonly lost: number;
  readonly won: number;
  /** Cases opened in the month by kind, with the month before; the most first. */
  readonly themes: readonly { readonly theme: string; readonly cases: number; readonly previous: number }[];
}

/** (8) Whether a customer can know his next bill: cycle invoices of the month against those of the month before. */
export interface Predictability {
  /** Customers with a cycle invoice in both months. */
  readonly customers: number;
  /** Bills that moved by more than a quarter, either way. */
  readonly moved: number;
  readonly movedShare: bigint | null;
  /** Those that moved most, at most ten. */
  readonly most: readonly {
    readonly customerId: string;
    readonly name: string | null;
    readonly currency: string;
    readonly previousMinor: bigint;
    readonly minor: bigint;
    /** Hundredths of a percent; null where there was nothing before. */
    readonly change: bigint | null;
  }[];
}

/** (9) Whether the books agree with Stripe. */
export interface Reconciled {
  /** Runs that ended in the month. */
  readonly runs: number;
  readonly lastRunAt: Date | null;
  readonly found: number;
  /** Found in the month and settled by now. */
  readonly settled: number;
  /** Open at the month's end, and still: the oldest first. */
  readonly open: readonly {
    readonly check: string;
    readonly class: string;
    readonly variances: number;
    readonly oldestAt: Date;
  }[];
}
