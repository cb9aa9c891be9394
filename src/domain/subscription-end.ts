// The end of a subscription: its running period ends with it, nothing late belongs to it any more, holds give back, what
// the plan included ends. What was bought stays or ends by the plan's rule.
import { isWithin } from './billing-period.ts';
import { releaseHold } from './hold.ts';
import { isOpenAt, remaining } from './lot.ts';
import { endWhatIsDue } from './period-end.ts';
import { beginEntry, familyOf, type LotState, type Moment, moveStock, type PoolBook } from './pool-book.ts';

export interface EndedSubscription {
  readonly subscriptionId: string;
  readonly endedAt: Date;
}

/** Stripe tells its times in whole seconds. */
const PERIOD_MS_MIN = 1_000;

/** Gives back all that is held, so that nothing is captured while the last invoice is made. */
export function releaseAllHolds(book: PoolBook, moment: Moment): void {
  for (const pool of familyOf(book)) {
    for (const hold of pool.holds.values()) if (hold.state === 'open') releaseHold(pool, hold.holdId, moment);
  }
}

/** Ends the running period at that instant and the credits with it; the book has all members' pools and open holds. */
export function endSubscription(book: PoolBook, { subscriptionId, endedAt }: EndedSubscription, moment: Moment): void {
  releaseAllHolds(book, moment);
  for (const period of book.periods) {
    if (period.subscriptionId !== subscriptionId || period.state !== 'open' || !isWithin(period, endedAt)) continue;
    // One that ends in the second in which it began still lasts that second: a period has some length.
    const endsAt = new Date(Math.max(endedAt.getTime(), period.startsAt.getTime() + PERIOD_MS_MIN));
    period.endsAt = endsAt;
    period.cutOffAt = endsAt;
    book.changes.changedPeriods.add(period);
  }
  const keepsPurchased = book.terms?.policy.cancel.purchased !== 'end';
  for (const pool of familyOf(book)) {
    for (const lot of pool.lots.values()) {
      const ends = isAllowance(lot) || lot.source === 'rollover' || (lot.source === 'purchased' && !keepsPurchased);
      // One that has ended already is breakage of its period, posted at its cut-off.
      if (ends && lot.onlyHoldId === null && (lot.effectiveAt > moment.now || isOpenAt(lot, moment.now))) {
        endLot(pool, lot, moment);
      }
    }
  }
  endWhatIsDue(book, moment);
}

/** What a period brought by itself: the plan's included credits, or its trial's. */
function isAllowance({ source, sourceType }: LotState): boolean {
  return source === 'included' || (source === 'promotional' && sourceType === 'billing_period');
}

function endLot(book: PoolBook, lot: LotState, { now, newId }: Moment): void {
  const [left, frozen] = [remaining(lot), lot.source === 'included' ? lot.frozen : 0n];
  if (left + frozen === 0n) return;
  const entryId = newId();
  const entry = beginEntry(book, {
    entryId,
    kind: 'lot.ended',
    effectiveAt: now,
    actor: 'plan',
    reason: 'the subscription ended',
    sourceType: 'lot',
    sourceId: `${lot.lotId}/${entryId}`,
    ...(lot.billingPeriodId !== null && { billingPeriodId: lot.billingPeriodId }),
  });
  const { lotId } = lot;
  const to = { account: 'expired', counter: 'ended' } as const;
  if (left > 0n) moveStock(book, entry, { lotId, amount: left, from: { account: 'available', counter: null }, to });
  if (frozen > 0n)
    moveStock(book, entry, { lotId, amount: frozen, from: { account: 'frozen', counter: 'frozen' }, to });
  book.changes.trueUpCause = entryId;
}
