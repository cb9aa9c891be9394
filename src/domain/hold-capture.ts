// Capturing: what a hold's work really used. Up to the hold its pinned lots pay; more than it follows the plan's policy.
import { formatCredits, lesser } from './amount.ts';
import { awaitsCutOff } from './billing-period.ts';
import { meter, planBurn, postBurn } from './burn.ts';
import {
  giveBack,
  heldOf,
  holdEntry,
  openHold,
  periodOfHold,
  reserveDebt,
  reserveOverage,
  settle,
  type HoldAnswer,
} from './hold.ts';
import {
  type HoldState,
  type Moment,
  moveBetween,
  moveStock,
  overageIn,
  type PeriodState,
  type PoolBook,
  runningPeriod,
} from './pool-book.ts';
import type { EntryDraft } from './pool-changes.ts';
import { availableAt } from './pool-stock.ts';
import { refuse, type Refused } from './rejection.ts';
import { countUse } from './usage-cap.ts';
import { noPeriod, refusedAmount } from './usage.ts';

export interface Capture {
  readonly holdId: string;
  readonly captureKey: string;
  readonly amount: bigint;
  /** Gives back what this capture leaves; false keeps it held for a later one. */
  readonly final: boolean;
}

/** Takes part or all of a hold, more than it only as the plan's policy says: allow, clip or refuse. */
export function captureHold(book: PoolBook, capture: Capture, moment: Moment): HoldAnswer | Refused {
  const hold = openHold(book, capture.holdId, moment.now);
  if ('rejected' in hold) return hold;
  const left = heldOf(hold);
  const excess = capture.amount > left ? capture.amount - left : 0n;
  const policy = book.terms?.policy.hold.excess ?? 'refuse';
  if (excess > 0n && policy === 'refuse') {
    return refuse(
      'capture_exceeds_hold',
      `${formatCredits(capture.amount)} credits is more than the ${formatCredits(left)} still held. Capture at most that, or hold more.`,
      { param: 'amount' },
    );
  }
  const period = periodOfCapture(book, hold, moment.now);
  if (period === null) return noPeriod(hold.action);
  const overflow = refusedAmount(book, period, capture.amount - hold.overageReserved - hold.debtReserved);
  if (overflow !== null) return overflow;
  const entry = holdEntry(book, hold, 'hold.captured', `${hold.holdId}/${capture.captureKey}`, moment, period);
  const taken = takeHeld(book, entry, hold, lesser(capture.amount, left), period, moment.now);
  const extra = excess > 0n && policy === 'allow' ? burnExcess(book, entry, hold, excess, period, moment.now) : 0n;
  const captured = taken + extra;
  hold.captured += captured;
  book.changes.captures.push({
    holdId: hold.holdId,
    captureKey: capture.captureKey,
    entryId: entry.entryId,
    amount: captured,
  });
  const released = capture.final ? giveBack(book, entry, hold, moment) : 0n;
  if (capture.final || heldOf(hold) === 0n) settle(book, hold, 'captured', moment.now);
  return { captured, released, available: availableAt(book, moment.now) };
}

/** The hold's own period until its cut-off; after it (its pins are carried then) the running one. */
function periodOfCapture(book: PoolBook, hold: HoldState, now: Date): PeriodState | null {
  const own = book.periods.find(({ billingPeriodId }) => billingPeriodId === hold.billingPeriodId);
  if (own !== undefined && own.state === 'open' && now < own.cutOffAt) return own;
  return runningPeriod(book, now);
}

function takeHeld(
  book: PoolBook,
  entry: EntryDraft,
  hold: HoldState,
  amount: bigint,
  period: PeriodState,
  now: Date,
): bigint {
  const periodId = period.billingPeriodId;
  let owed = amount;
  for (const pin of hold.pins) {
    const taken = lesser(pin.held, owed);
    if (taken === 0n) continue;
    moveStock(book, entry, {
      lotId: pin.lotId,
      amount: taken,
      from: { account: 'held', counter: 'held' },
      to: { account: 'consumed', counter: 'drawn', periodId },
    });
    pin.held -= taken;
    owed -= taken;
  }
  const overage = lesser(owed, hold.overageReserved);
  if (overage > 0n) {
    reserveOverage(book, entry, hold.billingPeriodId ?? periodId, -overage);
    hold.overageReserved -= overage;
    moveBetween(book, entry, { account: 'overage', periodId }, { account: 'consumed', periodId }, overage);
    book.overage.set(periodId, overageIn(book, periodId) + overage);
  }
  const debt = owed - overage;
  if (debt > 0n) {
    reserveDebt(book, entry, -debt);
    hold.debtReserved -= debt;
    moveBetween(book, entry, { account: 'debt' }, { account: 'consumed_unpaid' }, debt);
    book.debt += debt;
  }
  book.changes.holds.add(hold.holdId);
  meter(book, period, amount - debt, awaitsCutOff(period, now) ? hold.placedAt : now);
  return amount;
}

/** Work that ran beyond its hold is burned like usage; what nobody can pay for is debt, bounded or not: it did run. */
function burnExcess(
  book: PoolBook,
  entry: EntryDraft,
  hold: HoldState,
  excess: bigint,
  period: PeriodState,
  now: Date,
): bigint {
  countUse(book, hold, excess, { period: periodOfHold(book, hold), at: hold.placedAt });
  const plan = planBurn(book, period, hold, excess, now, true);
  const at = awaitsCutOff(period, now) ? hold.placedAt : now;
  postBurn(book, entry, period, { ...plan, debt: plan.debt + plan.unfunded, unfunded: 0n }, at);
  return excess;
}
