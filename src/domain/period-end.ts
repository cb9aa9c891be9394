// What ends with time: lots that expire (breakage), the part that rolls over, holds that outlive their period. All of it
// is posted at the cut-off and dated at the period's end, so that late usage still finds what stood there.
import { poolAccount } from './account.ts';
import { lesser, parseCredits } from './amount.ts';
import { awaitsCutOff, cycleOf, nextBoundary } from './billing-period.ts';
import type { RolloverRule } from './catalogue.ts';
import { costOfMoved } from './cost-basis.ts';
import { heldOf } from './hold.ts';
import { openLot } from './lot-opening.ts';
import { byDrawOrder, remaining, stoodAtEnd } from './lot.ts';
import {
  beginEntry,
  familyOf,
  type HoldState,
  type LotState,
  type Moment,
  moveStock,
  type PeriodState,
  type Pin,
  type PoolBook,
} from './pool-book.ts';

/** Cuts off every period whose time has come, then ends what has expired; returns how many periods were cut off. */
export function endWhatIsDue(book: PoolBook, moment: Moment): number {
  const due = book.periods.filter((period) => awaitsCutOff(period, moment.now) && period.cutOffAt <= moment.now);
  for (const period of due) {
    // No invoice bills a trial, so nothing of it is waited for.
    period.state = period.isTrial ? 'final' : 'cut_off';
    book.changes.cutOffPeriods.push(period.billingPeriodId);
    // Its cycle goes on at another price: nothing of it rolls or is carried before the cycle's end.
    if (period.supersededBy !== null) continue;
    const cycle = new Set(cycleOf(book.periods, period).map(({ billingPeriodId }) => billingPeriodId));
    for (const pool of familyOf(book)) {
      for (const hold of pool.holds.values()) {
        if (hold.state === 'open' && cycle.has(hold.billingPeriodId ?? '')) carryHold(pool, hold, period, moment);
      }
      rollOver(pool, period, cycle, moment);
    }
  }
  for (const pool of familyOf(book)) expireLots(pool, moment);
  return due.length;
}

/** A lot whose time is over becomes breakage, once nothing late can claim it any more. */
function expireLots(book: PoolBook, { now, newId }: Moment): void {
  const waiting = book.periods.filter((period) => awaitsCutOff(period, now));
  for (const lot of book.lots.values()) {
    // What was frozen for an unpaid fee ends with the rest; what a dispute froze waits for its outcome.
    const frozen = lot.source === 'included' ? lot.frozen : 0n;
    const left = remaining(lot);
    if (lot.expiresAt === null || lot.expiresAt > now || left + frozen === 0n) continue;
    if (waiting.some((period) => stoodAtEnd(lot, period.endsAt))) continue;
    const entry = beginEntry(book, {
      entryId: newId(),
      kind: 'lot.expired',
      effectiveAt: lot.expiresAt,
      actor: 'clock',
      sourceType: 'lot',
      // A hold that is released after the expiry leaves a second rest: what has ended so far tells them apart.
      sourceId: `${lot.lotId}/${lot.ended}`,
      ...(lot.billingPeriodId !== null && { billingPeriodId: lot.billingPeriodId }),
    });
    const to = { account: 'expired', counter: 'ended' } as const;
    const { lotId } = lot;
    if (left > 0n) moveStock(book, entry, { lotId, amount: left, from: { account: 'available', counter: null }, to });
    if (frozen > 0n)
      moveStock(book, entry, { lotId, amount: frozen, from: { account: 'frozen', counter: 'frozen' }, to });
    book.changes.trueUpCause = entry.entryId;
  }
}

/** The unused part of a period's allowance, up to the plan's caps, moves to lots of the next period. */
function rollOver(book: PoolBook, period: PeriodState, cycle: ReadonlySet<string>, moment: Moment): void {
  const rule = book.terms?.policy.rollover ?? 'none';
  if (rule === 'none') return;
  const expiresAt = rolledUntil(book, period, rule.periods);
  if (expiresAt === null) return;
  const lots = [...book.lots.values()].filter(
    (lot) => lot.source === 'included' && cycle.has(lot.billingPeriodId ?? ''),
  );
  let room = mostRolled(
    rule,
    lots.reduce((sum, { granted }) => sum + granted, 0n),
  );
  for (const lot of lots.toSorted(byDrawOrder)) {
    const amount = room === null ? remaining(lot) : lesser(remaining(lot), room);
    if (amount > 0n) rollLot(book, lot, { amount, expiresAt, priority: rule.priority ?? lot.priority }, period, moment);
    if (room !== null) room -= amount;
  }
}

/** Of two caps the lower one; the share of the allowance is rounded down to the micro-credit. Null: no cap. */
function mostRolled({ capPercent, capCredits }: RolloverRule, allowance: bigint): bigint | null {
  const byShare = capPercent === null ? null : (allowance * BigInt(capPercent)) / 100n;
  const byAmount = capCredits === null ? null : parseCredits(capCredits);
  if (byShare === null || byAmount === null) return byShare ?? byAmount;
  return lesser(byShare, byAmount);
}

/** Moves a part of a lot to a lot of the next period, with its effective date and its share of what was paid. */
function rollLot(
  book: PoolBook,
  lot: LotState,
  { amount, expiresAt, priority }: { readonly amount: bigint; readonly expiresAt: Date; readonly priority: number },
  period: PeriodState,
  moment: Moment,
): void {
  const entry = beginEntry(book, {
    entryId: moment.newId(),
    kind: 'lot.rolled',
    effectiveAt: period.endsAt,
    actor: 'clock',
    sourceType: 'lot',
    sourceId: lot.lotId,
    billingPeriodId: period.billingPeriodId,
  });
  const paidMinor = costOfMoved(lot, amount);
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'available', counter: null },
    to: { account: 'rolled', counter: 'ended' },
  });
  lot.moved += amount;
  openLot(
    book,
    {
      ...lot,
      source: 'rollover',
      priority,
      expiresAt,
      granted: amount,
      billingPeriodId: null,
      originLotId: lot.lotId,
      sourceType: 'rollover',
      sourceId: lot.lotId,
      paidMinor,
    },
    { actor: 'clock', reason: 'rollover', effectiveAt: period.endsAt },
    moment,
  );
}

/** The end of the last period that rolled credits live in; null when the subscription went no further. */
function rolledUntil({ subscription, terms, periods }: PoolBook, { endsAt }: PeriodState, count: number): Date | null {
  if (subscription === null || terms === null || !periods.some(({ startsAt }) => startsAt >= endsAt)) return null;
  let until = endsAt;
  for (let passed = 0; passed < count; passed += 1) {
    until = nextBoundary(subscription.anchor, terms.interval, until);
  }
  return until;
}

/** What a hold still pins of lots that ended with its period moves to a lot that only this hold can use. */
function carryHold(book: PoolBook, hold: HoldState, period: PeriodState, { now, newId }: Moment): void {
  if (heldOf(hold) === 0n) return;
  for (const pin of hold.pins) {
    const lot = book.lots.get(pin.lotId);
    if (pin.held === 0n || lot === undefined || lot.expiresAt === null || lot.expiresAt > now) continue;
    carryPin(book, hold, pin, lot, period, { now, newId });
  }
}

/** Moves what a hold pins of one lot to a lot that only this hold can use. */
export function carryPin(
  book: PoolBook,
  hold: HoldState,
  pin: Pin,
  lot: LotState,
  period: PeriodState,
  { now, newId }: Moment,
): void {
  const carried: LotState = {
    ...lot,
    lotId: newId(),
    source: 'carried',
    effectiveAt: period.endsAt,
    expiresAt: hold.expiresAt > period.endsAt ? hold.expiresAt : null,
    createdAt: now,
    onlyHoldId: hold.holdId,
    billingPeriodId: null,
    granted: pin.held,
    drawn: 0n,
    held: pin.held,
    frozen: 0n,
    ended: 0n,
    moved: 0n,
    disputed: 0n,
    paidMinor: costOfMoved(lot, pin.held),
    originLotId: lot.lotId,
    sourceType: 'hold',
    sourceId: `${hold.holdId}/${pin.seq}`,
  };
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'hold.carried',
    effectiveAt: period.endsAt,
    actor: 'clock',
    sourceType: 'hold',
    sourceId: `${hold.holdId}/${pin.seq}`,
    billingPeriodId: period.billingPeriodId,
  });
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount: pin.held,
    from: { account: 'held', counter: 'held' },
    to: { account: 'carried_out', counter: 'ended' },
  });
  lot.moved += pin.held;
  book.lots.set(carried.lotId, carried);
  book.changes.newLots.add(carried.lotId);
  entry.postings.push({
    from: poolAccount('issued.carried', book.poolId, book.unit),
    to: poolAccount('held', book.poolId, book.unit),
    amount: pin.held,
    lotId: carried.lotId,
  });
  const seq = Math.max(...hold.pins.map((other) => other.seq)) + 1;
  hold.pins.push({ seq, lotId: carried.lotId, amount: pin.held, held: pin.held });
  pin.held = 0n;
  book.changes.holds.add(hold.holdId);
  book.changes.trueUpCause = entry.entryId;
}
