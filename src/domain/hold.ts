// Holds: reserve credits before work runs, take what was really used, give the rest back. A hold pins lots, because lots
// may be limited to features; it ends exactly once, captured, released or lapsed.
import { awaitsCutOff } from './billing-period.ts';
import { planBurn } from './burn.ts';
import { refusedUnnamed } from './draw-rule.ts';
import { insufficientCredits } from './insufficient-credits.ts';
import { payWhatIsOwed } from './lot-opening.ts';
import {
  beginEntry,
  type HoldState,
  type Moment,
  moveBetween,
  moveStock,
  type PeriodState,
  type PoolBook,
  runningPeriod,
} from './pool-book.ts';
import type { EntryDraft } from './pool-changes.ts';
import { availableAt } from './pool-stock.ts';
import type { Dimensions } from './rating.ts';
import { refuse, type Refused } from './rejection.ts';
import { refusedForUnfunded } from './unfunded.ts';
import { countUse, refusedByCap } from './usage-cap.ts';
import { noPeriod, refusedAction, refusedAmount } from './usage.ts';

export interface HoldRequest {
  readonly holdId: string;
  readonly action: string;
  readonly feature: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Dimensions;
  readonly burnRateId: string | null;
  readonly amount: bigint;
  readonly ttlSeconds: number | null;
}

const TTL_SECONDS_MAX = 86_400;

/** Reserves the amount from lots, then from the overage allowance; refused when both together are too little. */
export function placeHold(book: PoolBook, request: HoldRequest, { now, newId }: Moment): HoldState | Refused {
  const refusal =
    refusedAction(book, request.action, request.feature) ?? refusedUnnamed(book, request.action, request.member);
  if (refusal !== null) return refusal;
  const period = runningPeriod(book, now);
  if (period === null || book.terms === null) return noPeriod(request.action);
  if (book.state !== 'active') {
    return refuse('pool_blocked', `The pool is ${book.state}: no new holds. Settle the subscription first.`);
  }
  const { amount } = request;
  const capped = refusedByCap(book, request, amount, { period, action: request.action, now });
  if (capped !== null) return capped;
  const overflow = refusedForUnfunded(book, now) ?? refusedAmount(book, period, amount);
  if (overflow !== null) return overflow;
  const plan = planBurn(book, period, request, amount, now, false);
  if (plan.unfunded > 0n) return insufficientCredits(book, request.action, amount, now);
  const ttlSeconds = Math.min(request.ttlSeconds ?? book.terms.policy.hold.ttlSeconds, TTL_SECONDS_MAX);
  const hold: HoldState = {
    ...request,
    billingPeriodId: period.billingPeriodId,
    planVersionId: period.planVersionId,
    placedAt: now,
    expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
    pins: plan.draws.map((draw, seq) => ({ seq, ...draw, held: draw.amount })),
    reserves: true,
    overageReserved: plan.overage,
    debtReserved: plan.debt,
    captured: 0n,
    state: 'open',
    settledAt: null,
  };
  const entry = holdEntry(book, hold, 'hold.placed', hold.holdId, { now, newId });
  for (const { lotId, amount: pinned } of hold.pins) {
    moveStock(book, entry, {
      lotId,
      amount: pinned,
      from: { account: 'available', counter: null },
      to: { account: 'held', counter: 'held' },
    });
  }
  reserveOverage(book, entry, period.billingPeriodId, plan.overage);
  reserveDebt(book, entry, plan.debt);
  countUse(book, hold, amount, { period, at: now });
  book.holds.set(hold.holdId, hold);
  book.changes.newHolds.add(hold.holdId);
  return hold;
}

export interface HoldAnswer {
  readonly captured: bigint;
  readonly released: bigint;
  readonly available: bigint;
}

/** Gives back all that is still held. */
export function releaseHold(book: PoolBook, holdId: string, moment: Moment): HoldAnswer | Refused {
  const hold = openHold(book, holdId, moment.now);
  if ('rejected' in hold) return hold;
  const released = endHold(book, hold, 'released', moment);
  return { captured: hold.captured, released, available: availableAt(book, moment.now) };
}

/** Ends the holds whose time is over; returns how many. */
export function lapseDueHolds(book: PoolBook, moment: Moment): number {
  const due = [...book.holds.values()].filter((hold) => hold.state === 'open' && hold.expiresAt <= moment.now);
  for (const hold of due) endHold(book, hold, 'lapsed', moment);
  return due.length;
}

function endHold(book: PoolBook, hold: HoldState, as: 'released' | 'lapsed', moment: Moment): bigint {
  const entry = holdEntry(book, hold, `hold.${as}`, hold.holdId, moment);
  const released = giveBack(book, entry, hold, moment);
  settle(book, hold, as, moment.now);
  return released;
}

export function openHold(book: PoolBook, holdId: string, now: Date): HoldState | Refused {
  const hold = book.holds.get(holdId);
  if (hold === undefined) return refuse('unknown_hold', 'No such hold. Check the id, and that it is of this customer.');
  if (hold.state === 'open' && now < hold.expiresAt) return hold;
  const state = hold.state === 'open' ? 'lapsed' : hold.state;
  return refuse('hold_not_open', `The hold is already ${state}; place a new one.`, { details: { state } });
}

/** What a hold still reserves, of lots, of the overage allowance and of the debt that grace allows. */
export function heldOf(hold: HoldState): bigint {
  return hold.pins.reduce((sum, pin) => sum + pin.held, 0n) + hold.overageReserved + hold.debtReserved;
}

/** The period a hold was placed in; one that is long over is not loaded, and its windows are over with it. */
export function periodOfHold(book: PoolBook, hold: HoldState): Pick<PeriodState, 'startsAt'> {
  const own = book.periods.find(({ billingPeriodId }) => billingPeriodId === hold.billingPeriodId);
  return own ?? { startsAt: hold.placedAt };
}

/** Frees what is still held; what a lot gets back first pays what the pool owes. */
export function giveBack(book: PoolBook, entry: EntryDraft, hold: HoldState, moment: Moment): bigint {
  const released = heldOf(hold);
  const freed = hold.pins.filter((pin) => pin.held > 0n);
  for (const pin of freed) {
    moveStock(book, entry, {
      lotId: pin.lotId,
      amount: pin.held,
      from: { account: 'held', counter: 'held' },
      to: { account: 'available', counter: null },
    });
    pin.held = 0n;
  }
  if (hold.billingPeriodId !== null) reserveOverage(book, entry, hold.billingPeriodId, -hold.overageReserved);
  hold.overageReserved = 0n;
  reserveDebt(book, entry, -hold.debtReserved);
  hold.debtReserved = 0n;
  countUse(book, hold, -released, { period: periodOfHold(book, hold), at: hold.placedAt });
  for (const { lotId } of freed) {
    const lot = book.lots.get(lotId);
    if (lot !== undefined) payWhatIsOwed(book, lot, entry, moment);
  }
  return released;
}

export function settle(book: PoolBook, hold: HoldState, state: 'captured' | 'released' | 'lapsed', now: Date): void {
  hold.state = state;
  hold.settledAt = now;
  book.changes.holds.add(hold.holdId);
}

/** Reserves (positive) or frees (negative) part of a period's overage allowance. */
export function reserveOverage(book: PoolBook, entry: EntryDraft, periodId: string, amount: bigint): void {
  if (amount === 0n) return;
  const allowance = { account: 'overage_allowance', periodId } as const;
  const reserved = { account: 'overage_reserved', periodId } as const;
  if (amount > 0n) moveBetween(book, entry, allowance, reserved, amount);
  else moveBetween(book, entry, reserved, allowance, -amount);
  book.overageReserved.set(periodId, (book.overageReserved.get(periodId) ?? 0n) + amount);
}

/** Reserves (positive) or frees (negative) part of the debt that grace allows. */
export function reserveDebt(book: PoolBook, entry: EntryDraft, amount: bigint): void {
  if (amount === 0n) return;
  const [allowance, reserved] = [{ account: 'debt_allowance' }, { account: 'debt_reserved' }] as const;
  if (amount > 0n) moveBetween(book, entry, allowance, reserved, amount);
  else moveBetween(book, entry, reserved, allowance, -amount);
  book.shortfall.debtReserved += amount;
}

export function holdEntry(
  book: PoolBook,
  hold: HoldState,
  kind: string,
  sourceId: string,
  { now, newId }: Moment,
  period?: PeriodState,
): EntryDraft {
  const late = period !== undefined && awaitsCutOff(period, now);
  const periodId = period?.billingPeriodId ?? hold.billingPeriodId;
  return beginEntry(book, {
    entryId: newId(),
    kind,
    effectiveAt: late ? new Date(period.endsAt.getTime() - 1) : now,
    actor: kind === 'hold.lapsed' ? 'clock' : 'api',
    sourceType: 'hold',
    sourceId,
    ...(periodId !== null && { billingPeriodId: periodId }),
    ...(hold.planVersionId !== null && { planVersionId: hold.planVersionId }),
    ...(hold.burnRateId !== null && { burnRateId: hold.burnRateId }),
  });
}
