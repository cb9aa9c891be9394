// Opening a lot, and what new or freed credits pay first: debt, then overage of a period whose use this lot may still
// pay for, before its cut-off. Billed overage is never paid by a lot.
import { poolAccount } from './account.ts';
import { lesser } from './amount.ts';
import { isWithin } from './billing-period.ts';
import { meter } from './burn.ts';
import { isOpenAt, mayPayFor, remaining, stoodAtEnd } from './lot.ts';
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
import type { EntryDraft } from './pool-changes.ts';
import { fundWhatWaits } from './unfunded.ts';

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
  /** When the credits came; by default the lot's own effective date, which a rolled lot inherits from an earlier one. */
  readonly effectiveAt?: Date;
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
    moved: 0n,
    disputed: 0n,
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
  payWhatIsOwed(book, state, entry, { now, newId });
  return state;
}

/** Lets a lot pay debt, then usage that waits for funds, then overage, with what the cause (its grant, the end of a hold) has just made spendable. */
export function payWhatIsOwed(book: PoolBook, lot: LotState, cause: EntryDraft, moment: Moment): void {
  if (lot.onlyHoldId !== null) return;
  settleDebt(book, lot, cause, moment);
  fundWhatWaits(book, moment);
  payDownOverage(book, lot, cause, moment);
}

/** Debt from use was never metered; it is now, in the running period, because a lot pays it. Debt from a dispute was. */
function settleDebt(book: PoolBook, lot: LotState, cause: EntryDraft, { now, newId }: Moment): void {
  const period = runningPeriod(book, now);
  const amount = lesser(book.debt, remaining(lot));
  if (amount <= 0n || period === null || !isOpenAt(lot, now)) return;
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'debt.settled',
    effectiveAt: now,
    actor: cause.actor,
    sourceType: 'lot',
    sourceId: `${lot.lotId}/${cause.entryId}`,
    billingPeriodId: period.billingPeriodId,
  });
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'available', counter: null },
    to: { account: 'debt', counter: 'drawn' },
  });
  const periodId = period.billingPeriodId;
  const used = lesser(amount, book.debt - book.shortfall.clawedDebt);
  if (used > 0n) moveBetween(book, entry, { account: 'consumed_unpaid' }, { account: 'consumed', periodId }, used);
  book.debt -= amount;
  book.shortfall.clawedDebt -= amount - used;
  book.changes.trueUpCause = entry.entryId;
  meter(book, period, used, now);
}

/** The meter does not move: this overage was metered when it was consumed, now a lot pays for it. */
function payDownOverage(book: PoolBook, lot: LotState, cause: EntryDraft, { now, newId }: Moment): void {
  if (book.terms?.policy.paydown !== true || !paysEveryFeature(book, lot)) return;
  for (const period of book.periods) {
    const periodId = period.billingPeriodId;
    const amount = lesser(overageIn(book, periodId), remaining(lot));
    const inTime = period.state === 'open' && now < period.cutOffAt;
    const mayPay = isWithin(period, now) ? isOpenAt(lot, now) : stoodAtEnd(lot, period.endsAt);
    if (amount <= 0n || !inTime || !mayPay) continue;
    const entry = beginEntry(book, {
      entryId: newId(),
      kind: 'overage.paid_down',
      effectiveAt: now < period.endsAt ? now : new Date(period.endsAt.getTime() - 1),
      actor: cause.actor,
      sourceType: 'lot',
      sourceId: `${lot.lotId}/${periodId}/${cause.entryId}`,
      billingPeriodId: periodId,
    });
    moveStock(book, entry, {
      lotId: lot.lotId,
      amount,
      from: { account: 'available', counter: null },
      to: { account: 'overage', counter: 'drawn', periodId },
    });
    book.overage.set(periodId, overageIn(book, periodId) - amount);
    book.changes.trueUpCause = entry.entryId;
  }
}

/** Overage is kept per period, not per feature, so only a lot that could have paid for all of it pays it down. */
function paysEveryFeature(book: PoolBook, lot: LotState): boolean {
  return [...(book.terms?.features ?? [])].every((feature) => mayPayFor(lot, feature));
}
