// A customer's own move to another plan in the middle of a period: what is left of the old plan's included credits ends, and
// the new plan's open whole, at once or with the next period as the new plan says. What was bought, given or rolled over
// stays.
import { openLot } from './lot-opening.ts';
import { remaining } from './lot.ts';
import { carryPin } from './period-end.ts';
import { type PriceChange, splitPeriod } from './period-split.ts';
import {
  beginEntry,
  familyOf,
  type LotState,
  type Moment,
  moveStock,
  type PeriodState,
  type PoolBook,
  runningPeriod,
} from './pool-book.ts';
import type { PlanTerms } from './terms.ts';

/** Follows a change of plan; the book has the new plan's terms, and all members' pools and open holds. */
export function changePlan(book: PoolBook, change: PriceChange, moment: Moment): void {
  const { terms, subscription } = book;
  const before = runningPeriod(book, moment.now);
  if (terms === null || subscription === null || before === null) return;
  const period = splitPeriod(book, before, change, moment);
  // A trial keeps its own credits, and its plan's come with its end.
  if (terms.policy.planChange === 'at_renewal' || period.isTrial) return;
  for (const pool of familyOf(book)) {
    for (const lot of pool.lots.values()) {
      if (lot.source === 'included' && lot.billingPeriodId === before.billingPeriodId)
        endRest(pool, lot, period, terms, moment);
    }
    const ofMember = terms.policy.pooling === 'member';
    if (ofMember === (pool.member === null)) continue;
    openAllowance(pool, period, ofMember ? 1 : subscription.quantity, moment);
  }
  period.seats = subscription.quantity;
  book.changes.changedPeriods.add(period);
}

/** What runs keeps what it has reserved; the rest ends. */
function endRest(book: PoolBook, lot: LotState, period: PeriodState, { plan }: PlanTerms, moment: Moment): void {
  const { now, newId } = moment;
  for (const hold of book.holds.values()) {
    const pins = hold.state === 'open' ? hold.pins.filter(({ lotId, held }) => lotId === lot.lotId && held > 0n) : [];
    for (const pin of pins) carryPin(book, hold, pin, lot, { ...period, endsAt: now }, moment);
  }
  const [left, frozen] = [remaining(lot), lot.frozen];
  if (left + frozen === 0n) return;
  const entryId = newId();
  const entry = beginEntry(book, {
    entryId,
    kind: 'lot.ended',
    effectiveAt: now,
    actor: 'plan',
    reason: `the customer moved to plan ${plan}`,
    sourceType: 'lot',
    sourceId: `${lot.lotId}/${entryId}`,
  });
  const { lotId } = lot;
  const to = { account: 'expired', counter: 'ended' } as const;
  if (left > 0n) moveStock(book, entry, { lotId, amount: left, from: { account: 'available', counter: null }, to });
  if (frozen > 0n)
    moveStock(book, entry, { lotId, amount: frozen, from: { account: 'frozen', counter: 'frozen' }, to });
  book.changes.trueUpCause = entryId;
}

function openAllowance(book: PoolBook, period: PeriodState, seats: number, moment: Moment): void {
  const { terms } = book;
  if (terms === null || terms.included === 0n || seats === 0) return;
  openLot(
    book,
    {
      source: 'included',
      category: 'paid',
      priority: 50,
      effectiveAt: moment.now,
      expiresAt: terms.policy.includedExpiry === 'period_end' ? period.endsAt : null,
      features: null,
      billingPeriodId: period.billingPeriodId,
      granted: terms.included * BigInt(seats),
      paidMinor: 0n,
      paidCurrency: null,
      grantCurrency: terms.currency,
      originLotId: null,
      sourceType: 'plan_change',
      // There and back in one second is the same period twice.
      sourceId: `${period.billingPeriodId}/${book.poolId}/${moment.newId()}`,
    },
    { actor: 'plan', reason: `included credits of plan ${terms.plan}` },
    moment,
  );
}
