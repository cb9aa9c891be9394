// Consuming credits: lots in draw order, then overage inside its cap, then debt up to its limit. A burn that fits
// nowhere changes nothing.
import { lesser } from './amount.ts';
import { isWithin } from './billing-period.ts';
import { drawInOrder, type Draw } from './drawdown.ts';
import { isOpenAt, mayPayFor, stoodAtEnd } from './lot.ts';
import { type LotState, moveBetween, moveStock, overageIn, type PeriodState, type PoolBook } from './pool-book.ts';
import type { EntryDraft } from './pool-changes.ts';
import { lotsInOrder } from './pool-stock.ts';
import { zeroBalanceOf } from './shortfall.ts';

export interface BurnPlan {
  readonly draws: readonly Draw[];
  readonly overage: bigint;
  readonly debt: bigint;
  /** What neither lots, overage nor debt may take; a plan with any of it must not be posted. */
  readonly unfunded: bigint;
}

/** Lots that usage of this period may draw: those open now, or, once it has ended, those that stood at its end. */
function* lotsForPeriod(book: PoolBook, period: PeriodState, feature: string, now: Date): Iterable<LotState> {
  const running = isWithin(period, now);
  for (const lot of lotsInOrder(book)) {
    if (lot.onlyHoldId !== null || !mayPayFor(lot, feature)) continue;
    if (running ? isOpenAt(lot, now) : stoodAtEnd(lot, period.endsAt)) yield lot;
  }
}

/** Most overage in one billing period: the plan's cap, or less if the customer wants less; null means no cap. */
export function overageCapOf(book: PoolBook): bigint | null {
  const own = (book.root ?? book).shortfall.spendingLimit;
  const cap = book.terms?.overageCap ?? null;
  if (own === null || cap === null) return own ?? cap;
  return lesser(own, cap);
}

/** What is left of the period's overage under the cap; null means no cap. */
function overageLeft(book: PoolBook, period: PeriodState): bigint | null {
  // Nobody would bill it.
  if (period.isTrial) return 0n;
  const cap = overageCapOf(book);
  if (cap === null) return null;
  const left = cap - overageIn(book, period.billingPeriodId) - overageReservedFor(book, period);
  return left > 0n ? left : 0n;
}

/** What holds may still make of this period's overage; one of an earlier period may be captured in this one. */
function overageReservedFor({ periods, overageReserved }: PoolBook, period: PeriodState): bigint {
  let sum = 0n;
  for (const [periodId, reserved] of overageReserved) {
    const own = periods.find(({ billingPeriodId }) => billingPeriodId === periodId);
    if (own === undefined || own.startsAt <= period.startsAt) sum += reserved;
  }
  return sum;
}

/** Whose credits they are to draw: lots may be limited to features, plans say per action what happens at zero. */
export interface Purpose {
  readonly action: string;
  readonly feature: string;
}

/** How an amount would fall, without posting it. */
export function planBurn(
  book: PoolBook,
  period: PeriodState,
  { action, feature }: Purpose,
  amount: bigint,
  now: Date,
  isUsed: boolean,
): BurnPlan {
  const { draws, short } = drawInOrder(lotsForPeriod(book, period, feature, now), amount);
  const rule = book.terms === null ? 'block' : zeroBalanceOf(book.terms, action);
  const left = rule === 'overage' ? overageLeft(book, period) : 0n;
  const overage = left === null ? short : lesser(short, left);
  const rest = short - overage;
  // What was used is owed, up to the limit; what is only wanted may go into debt where the plan grants grace.
  const mayOwe = isUsed || rule === 'grace';
  const debtLeft = mayOwe && book.terms !== null ? book.terms.debtLimit - book.debt - book.shortfall.debtReserved : 0n;
  return rest <= debtLeft || rest === 0n
    ? { draws, overage, debt: rest, unfunded: 0n }
    : { draws, overage, debt: 0n, unfunded: rest };
}

/** Posts a planned burn and meters what lots and overage took of it (debt is metered when a credit pays it). */
export function postBurn(book: PoolBook, entry: EntryDraft, period: PeriodState, burn: BurnPlan, meterAt: Date): void {
  const periodId = period.billingPeriodId;
  let metered = burn.overage;
  for (const { lotId, amount } of burn.draws) {
    moveStock(book, entry, {
      lotId,
      amount,
      from: { account: 'available', counter: null },
      to: { account: 'consumed', counter: 'drawn', periodId },
    });
    metered += amount;
  }
  if (burn.overage > 0n) {
    moveBetween(book, entry, { account: 'overage', periodId }, { account: 'consumed', periodId }, burn.overage);
    book.overage.set(periodId, overageIn(book, periodId) + burn.overage);
  }
  if (burn.debt > 0n) {
    moveBetween(book, entry, { account: 'debt' }, { account: 'consumed_unpaid' }, burn.debt);
    book.debt += burn.debt;
  }
  meter(book, period, metered, meterAt);
}

/** Adds to the hour of the period that will bill it; an instant outside the period counts at its nearest edge. */
export function meter(book: PoolBook, period: PeriodState, amount: bigint, at: Date): void {
  if (amount === 0n) return;
  const windowMs = book.meterWindowMinutes * 60_000;
  const lastMs = period.endsAt.getTime() - 1;
  const atMs = Math.min(Math.max(at.getTime(), period.startsAt.getTime()), lastMs);
  const startMs = Math.max(Math.floor(atMs / windowMs) * windowMs, period.startsAt.getTime());
  const key = `${period.billingPeriodId}/${startMs}`;
  const bucket = book.changes.buckets.get(key);
  if (bucket === undefined) {
    const { billingPeriodId } = period;
    book.changes.buckets.set(key, {
      billingPeriodId,
      windowStart: new Date(startMs),
      delta: amount,
      lastAt: new Date(atMs),
    });
    return;
  }
  bucket.delta += amount;
  if (bucket.lastAt.getTime() < atMs) bucket.lastAt = new Date(atMs);
}
