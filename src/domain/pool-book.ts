// One pool under its lock: what decisions read, and what they changed. Decisions are plain code over this value; storage
// loads it before and writes its changes after. Each movement changes a lot's counters and notes the posting at once,
// so that stock and journal cannot part.
import { type CreditAccountKind, poolAccount } from './account.ts';
import type { BillingPeriod } from './billing-period.ts';
import type { CapBook } from './cap-book.ts';
import type { CustomerKey } from './customer.ts';
import type { Posting } from './journal.ts';
import { type Lot, remaining } from './lot.ts';
import type { EntryDraft, PoolChanges } from './pool-changes.ts';
import { countSpendable } from './pool-stock.ts';
import type { Dimensions } from './rating.ts';
import type { ShadowBook } from './shadow-book.ts';
import type { Shortfall } from './shortfall.ts';
import type { PlanTerms } from './terms.ts';

export type LotState = { -readonly [Key in keyof Lot]: Lot[Key] } & {
  /** Of what ended, the part that went on in another lot. */
  moved: bigint;
  /** Credits that open disputes claim: frozen as far as they are unspent. */
  disputed: bigint;
  paidMinor: bigint;
  paidCurrency: string | null;
  grantCurrency: string;
  originLotId: string | null;
  sourceType: string;
  sourceId: string;
};

export type PeriodState = { -readonly [Key in keyof BillingPeriod]: BillingPeriod[Key] } & {
  /** The highest quantity of the subscription in this period; null for one that was opened before seats were counted. */
  seats: number | null;
  /** When its included credits freeze unless its fee is paid by then; null where the plan freezes nothing. */
  readonly freezeAt: Date | null;
  feePaidAt: Date | null;
  frozenAt: Date | null;
  /** The rest of its cycle, at another price; null unless the price changed in the middle. */
  supersededBy: string | null;
  /** Ended because nobody will ever bill it. */
  readonly isNeverBilled: boolean;
};

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
  readonly agent: string | null;
  readonly burnRateId: string | null;
  readonly planVersionId: string | null;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Dimensions;
  readonly amount: bigint;
  readonly placedAt: Date;
  readonly expiresAt: Date;
  readonly pins: Pin[];
  /** false: its action was not enforced when it was placed, so it keeps nothing of the pool. */
  readonly reserves: boolean;
  overageReserved: bigint;
  /** What neither lots nor overage could reserve: it becomes debt when it is captured. */
  debtReserved: bigint;
  captured: bigint;
  state: 'open' | 'captured' | 'released' | 'lapsed';
  settledAt: Date | null;
}

export interface PoolBook {
  readonly customer: CustomerKey;
  readonly poolId: string;
  readonly unit: string;
  /** Whose pool this is under a plan with a pool for each member; null for the customer's own. */
  readonly member: string | null;
  /** The customer's own pool, which has the billing periods; null in that pool itself. */
  readonly root: PoolBook | null;
  /** Of the customer's own pool: whether members have pools, and those that are loaded. */
  hasMembers: boolean;
  readonly members: Map<string, PoolBook>;
  /** A member's pool has opened its allowances up to here. */
  allowancesUntil: Date | null;
  /** What members and agents have used under the caps in force; one for all pools of a customer. */
  readonly caps: CapBook;
  state: 'active' | 'blocked' | 'closed';
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
  /** Overage of each period that Stripe has billed, or never will, and no reversal has undone. */
  readonly billed: Map<string, bigint>;
  debt: bigint;
  readonly shortfall: Shortfall;
  /** Of the customer's own pool, read where a request is about an action in shadow mode. */
  shadow?: ShadowBook;
  readonly changes: PoolChanges;
}

/** What decisions are given besides the book: one instant for the whole batch, and new ids. */
export interface Moment {
  readonly now: Date;
  readonly newId: () => string;
}

/** The customer's pool with the members' pools that are loaded. */
export function familyOf(book: PoolBook): readonly PoolBook[] {
  return [book, ...book.members.values()];
}

/** One of the customer's pools; throws when it is not loaded. */
export function poolWithId(root: PoolBook, poolId: string): PoolBook {
  const book = familyOf(root).find((pool) => pool.poolId === poolId);
  if (book === undefined) throw new Error(`pool ${poolId} of customer ${root.customer.customerId} is not loaded`);
  return book;
}

/** The period that runs now, if the subscription has one. */
export function runningPeriod(book: PoolBook, now: Date): PeriodState | null {
  return book.periods.find((period) => period.startsAt <= now && now < period.endsAt) ?? null;
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
  const before = remaining(lot);
  if (move.from.counter !== null) lot[move.from.counter] -= move.amount;
  if (move.to.counter !== null) lot[move.to.counter] += move.amount;
  countSpendable(book, lot, remaining(lot) - before);
  book.changes.lots.add(move.lotId);
  countConsumed(book, move.from, move.to, move.amount);
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
  countConsumed(book, from, to, amount);
  post(entry, {
    from: poolAccount(from.account, poolId, unit, from.periodId),
    to: poolAccount(to.account, poolId, unit, to.periodId),
    amount,
  });
}

interface End {
  readonly account: CreditAccountKind;
  readonly periodId?: string;
}

function countConsumed({ shortfall: { consumed } }: PoolBook, from: End, to: End, amount: bigint): void {
  for (const [{ account, periodId }, delta] of [[from, -amount] as const, [to, amount] as const]) {
    if (account === 'consumed' && periodId !== undefined)
      consumed.set(periodId, (consumed.get(periodId) ?? 0n) + delta);
  }
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
