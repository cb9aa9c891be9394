// Opening a lot, and what new credits pay first: debt, then overage of a period that was still running when the lot
// became effective and is not past its cut-off. Billed overage is never paid by a lot.
import { poolAccount } from './account.ts';
import { lesser } from './amount.ts';
import { meter } from './burn.ts';
import { mayPayFor, remaining } from './lot.ts';
import {
  beginEntry,
  type LotState,
  type Moment,
  moveBetween,
  moveStock,
  overageIn,
  type PoolBook,
  runningPeriod,
} from './pool-book.ts';

export type NewLot = Pick<
  LotState,
  | 'source'
  | 'category'
  | 'priority'
  | 'effectiveAt'
  | 'expiresAt'
  | 'features'
  | 'billingPeriodId'
  | 'granted'
  | 'paidMinor'
  | 'paidCurrency'
  | 'grantCurrency'
  | 'originLotId'
  | 'sourceType'
  | 'sourceId'
>;

export interface Opening {
  readonly actor: string;
  readonly reason?: string;
  readonly stripe?: Readonly<Record<string, string>>;
}

/** Posts the grant, opens its lot and lets it pay what is owed; returns the lot. */
export function openLot(book: PoolBook, lot: NewLot, opening: Opening, { now, newId }: Moment): LotState {
  const state: LotState = {
    ...lot,
    lotId: newId(),
    poolId: book.poolId,
    unit: book.unit,
    createdAt: now,
    onlyHoldId: null,
    drawn: 0n,
    held: 0n,
    frozen: 0n,
    ended: 0n,
  };
  book.lots.set(state.lotId, state);
  book.changes.newLots.add(state.lotId);
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'grant',
    effectiveAt: lot.effectiveAt,
    sourceType: lot.sourceType,
    sourceId: lot.sourceId,
    ...(lot.billingPeriodId !== null && { billingPeriodId: lot.billingPeriodId }),
    ...(book.terms !== null && { planVersionId: book.terms.planVersionId }),
    ...opening,
  });
  entry.postings.push({
    from: poolAccount(`issued.${lot.source}`, book.poolId, book.unit),
    to: poolAccount('available', book.poolId, book.unit),
    amount: lot.granted,
    lotId: state.lotId,
  });
  book.changes.trueUpCause = entry.entryId;
  settleDebt(book, state, opening.actor, { now, newId });
  payDownOverage(book, state, opening.actor, { now, newId });
  return state;
}

/** Debt was never metered; it is now, in the running period, because a lot pays it. */
export function settleDebt(book: PoolBook, lot: LotState, actor: string, { now, newId }: Moment): void {
  const period = runningPeriod(book, now);
  const amount = lesser(book.debt, remaining(lot));
  if (amount <= 0n || period === null || lot.effectiveAt > now) return;
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'debt.settled',
    effectiveAt: now,
    actor,
    sourceType: 'lot',
    sourceId: lot.lotId,
    billingPeriodId: period.billingPeriodId,
  });
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'available', counter: null },
    to: { account: 'debt', counter: 'drawn' },
  });
  const periodId = period.billingPeriodId;
  moveBetween(book, entry, { account: 'consumed_unpaid' }, { account: 'consumed', periodId }, amount);
  book.debt -= amount;
  meter(book, period, amount, now);
}

/** The meter does not move: this overage was metered when it was consumed, now a lot pays for it. */
function payDownOverage(book: PoolBook, lot: LotState, actor: string, { now, newId }: Moment): void {
  if (book.terms?.policy.paydown !== true || !paysEveryFeature(book, lot)) return;
  for (const period of book.periods) {
    const periodId = period.billingPeriodId;
    const amount = lesser(overageIn(book, periodId), remaining(lot));
    const inTime = lot.effectiveAt < period.endsAt && now < period.cutOffAt && period.state === 'open';
    if (amount <= 0n || !inTime) continue;
    const entry = beginEntry(book, {
      entryId: newId(),
      kind: 'overage.paid_down',
      effectiveAt: now < period.endsAt ? now : new Date(period.endsAt.getTime() - 1),
      actor,
      sourceType: 'lot',
      sourceId: `${lot.lotId}/${periodId}`,
      billingPeriodId: periodId,
    });
    moveStock(book, entry, {
      lotId: lot.lotId,
      amount,
      from: { account: 'available', counter: null },
      to: { account: 'overage', counter: 'drawn', periodId },
    });
    book.overage.set(periodId, overageIn(book, periodId) - amount);
  }
}

/** Overage is kept per period, not per feature, so only a lot that could have paid for all of it pays it down. */
function paysEveryFeature(book: PoolBook, lot: LotState): boolean {
  return [...(book.terms?.features ?? [])].every((feature) => mayPayFor(lot, feature));
}
