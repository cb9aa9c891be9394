// One pool under its lock: what decisions read, and what they changed. Decisions are plain code over this value; storage
// loads it before and writes its changes after. Each movement changes a lot's counters and notes the posting at once,
// so that stock and journal cannot part.
import { type CreditAccountKind, poolAccount } from './account.ts';
import type { BillingPeriod } from './billing-period.ts';
import type { CustomerKey } from './customer.ts';
import type { JournalEntry, Posting } from './journal.ts';
import { isOpenAt, type Lot, remaining } from './lot.ts';
import type { Dimensions } from './rating.ts';
import type { PlanTerms } from './terms.ts';

export type LotState = { -readonly [Key in keyof Lot]: Lot[Key] } & {
  paidMinor: bigint;
  paidCurrency: string | null;
  grantCurrency: string;
  originLotId: string | null;
  sourceType: string;
  sourceId: string;
};

export type PeriodState = { -readonly [Key in keyof BillingPeriod]: BillingPeriod[Key] };

export interface Subscription {
  readonly subscriptionId: string;
  readonly planVersionId: string;
  /** Renews at its next boundary; false once it is canceled or about to end. */
  readonly renews: boolean;
  readonly anchor: Date;
  readonly quantity: number;
}

export interface Pin {
  readonly seq: number;
  readonly lotId: string;
  readonly amount: bigint;
  held: bigint;
}

export interface HoldState {
  readonly holdId: string;
  readonly billingPeriodId: string | null;
  readonly action: string;
  readonly feature: string;
  readonly member: string | null;
  readonly burnRateId: string | null;
  readonly planVersionId: string | null;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Dimensions;
  readonly amount: bigint;
  readonly placedAt: Date;
  readonly expiresAt: Date;
  readonly pins: Pin[];
  overageReserved: bigint;
  captured: bigint;
  state: 'open' | 'captured' | 'released' | 'lapsed';
  settledAt: Date | null;
}

/** An entry that decisions are still adding postings to. */
export type EntryDraft = Omit<JournalEntry, 'postings'> & { effectiveAt: Date; readonly postings: Posting[] };

export interface UsageRow {
  readonly usageEventId: string;
  readonly source: string;
  readonly eventId: string;
  readonly eventHash: string;
  readonly occurredAt: Date;
  readonly action: string;
  readonly member: string | null;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Dimensions;
  /** The earlier usage event that this one stands for instead. */
  readonly amends: string | null;
  readonly credits: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly outcome: 'applied' | 'unfunded';
  readonly billingPeriodId: string | null;
  readonly burnRateId: string;
  readonly entryId: string | null;
  readonly entrySeq: number | null;
}

export interface BucketChange {
  readonly billingPeriodId: string;
  readonly windowStart: Date;
  delta: bigint;
  lastAt: Date;
}

export interface PoolChanges {
  readonly entries: EntryDraft[];
  readonly usageEntries: Map<string, { readonly entry: EntryDraft; events: number }>;
  readonly lots: Set<string>;
  readonly newLots: Set<string>;
  readonly newPeriods: PeriodState[];
  readonly cutOffPeriods: string[];
  readonly newHolds: Set<string>;
  readonly holds: Set<string>;
  readonly captures: { holdId: string; captureKey: string; entryId: string; amount: bigint }[];
  readonly usage: UsageRow[];
  readonly buckets: Map<string, BucketChange>;
  readonly reversals: { usageEventId: string; entryId: string; credits: bigint }[];
  readonly answers: { operation: string; key: string; fingerprint: string; effect: unknown }[];
  /** The entry that last changed what lots hold outside of burns; asks for a true-up of the grants. */
  trueUpCause: string | null;
}

export interface PoolBook {
  readonly customer: CustomerKey;
  readonly poolId: string;
  readonly unit: string;
  readonly state: 'active' | 'blocked' | 'closed';
  readonly terms: PlanTerms | null;
  subscription: Subscription | null;
  readonly cutOffMinutes: number;
  readonly meterWindowMinutes: number;
  readonly periods: PeriodState[];
  readonly lots: Map<string, LotState>;
  readonly holds: Map<string, HoldState>;
  /** Unbilled overage standing in each period, micro-credits. */
  readonly overage: Map<string, bigint>;
  readonly overageReserved: Map<string, bigint>;
  /** Overage of each period that Stripe has billed and no reversal has undone. */
  readonly billed: Map<string, bigint>;
  debt: bigint;
  readonly changes: PoolChanges;
}

/** What decisions are given besides the book: one instant for the whole batch, and new ids. */
export interface Moment {
  readonly now: Date;
  readonly newId: () => string;
}

export function noChanges(): PoolChanges {
  return {
    entries: [],
    usageEntries: new Map(),
    lots: new Set(),
    newLots: new Set(),
    newPeriods: [],
    cutOffPeriods: [],
    newHolds: new Set(),
    holds: new Set(),
    captures: [],
    usage: [],
    reversals: [],
    buckets: new Map(),
    answers: [],
    trueUpCause: null,
  };
}

/** The period that runs now, if the subscription has one. */
export function runningPeriod(book: PoolBook, now: Date): PeriodState | null {
  return book.periods.find((period) => period.startsAt <= now && now < period.endsAt) ?? null;
}

/** Spendable now, of every feature, in micro-credits. */
export function availableAt(book: PoolBook, at: Date): bigint {
  let sum = 0n;
  for (const lot of book.lots.values()) if (lot.onlyHoldId === null && isOpenAt(lot, at)) sum += remaining(lot);
  return sum;
}

export function heldIn(book: PoolBook): bigint {
  let sum = 0n;
  for (const lot of book.lots.values()) sum += lot.held;
  return sum;
}

export function overageIn(book: PoolBook, billingPeriodId: string): bigint {
  return book.overage.get(billingPeriodId) ?? 0n;
}

/** Starts an entry of this pool; it is written if it ends with a posting. */
export function beginEntry(book: PoolBook, draft: Omit<EntryDraft, 'postings'>): EntryDraft {
  const entry = { ...draft, postings: [] };
  book.changes.entries.push(entry);
  return entry;
}

type LotCounter = 'granted' | 'drawn' | 'held' | 'frozen' | 'ended';

/** Moves stock of one lot between its counters and notes the posting; null stands for the lot's remaining part. */
export function moveStock(
  book: PoolBook,
  entry: EntryDraft,
  move: {
    readonly lotId: string;
    readonly amount: bigint;
    readonly from: {
      readonly account: CreditAccountKind;
      readonly counter: LotCounter | null;
      readonly periodId?: string;
    };
    readonly to: {
      readonly account: CreditAccountKind;
      readonly counter: LotCounter | null;
      readonly periodId?: string;
    };
  },
): void {
  const lot = book.lots.get(move.lotId);
  if (lot === undefined) throw new Error(`lot ${move.lotId} is not in the book of pool ${book.poolId}`);
  if (move.from.counter !== null) lot[move.from.counter] -= move.amount;
  if (move.to.counter !== null) lot[move.to.counter] += move.amount;
  book.changes.lots.add(move.lotId);
  const { poolId, unit } = book;
  post(entry, {
    from: poolAccount(move.from.account, poolId, unit, move.from.periodId),
    to: poolAccount(move.to.account, poolId, unit, move.to.periodId),
    amount: move.amount,
    lotId: move.lotId,
  });
}

/** Notes a posting between accounts of the pool that touches no lot. */
export function moveBetween(
  book: PoolBook,
  entry: EntryDraft,
  from: { readonly account: CreditAccountKind; readonly periodId?: string },
  to: { readonly account: CreditAccountKind; readonly periodId?: string },
  amount: bigint,
): void {
  const { poolId, unit } = book;
  post(entry, {
    from: poolAccount(from.account, poolId, unit, from.periodId),
    to: poolAccount(to.account, poolId, unit, to.periodId),
    amount,
  });
}

/** Joins a posting to the one before it when both say the same, so that a batch of burns stays a few rows. */
function post(entry: EntryDraft, posting: Posting): void {
  const last = entry.postings.at(-1);
  const same =
    last !== undefined &&
    last.lotId === posting.lotId &&
    last.from.kind === posting.from.kind &&
    last.to.kind === posting.to.kind &&
    last.from.billingPeriodId === posting.from.billingPeriodId &&
    last.to.billingPeriodId === posting.to.billingPeriodId;
  if (same) entry.postings[entry.postings.length - 1] = { ...last, amount: last.amount + posting.amount };
  else entry.postings.push(posting);
}
