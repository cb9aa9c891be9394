import { nextBoundary } from '../billing-period.ts';
// The private book that a replay works on: made of the facts at the start, and never of what an earlier plan did.
import { noCaps } from '../cap-book.ts';
import { freezesAt } from '../fee-due.ts';
import { poolFor } from '../member-pool.ts';
import { openIncludedLot, openPeriod } from '../period-opening.ts';
import { familyOf, type LotState, type Moment, type PoolBook, type Subscription } from '../pool-book.ts';
import { noChanges } from '../pool-changes.ts';
import { noShortfall } from '../shortfall.ts';
import type { PlanTerms } from '../terms.ts';
import type { ReplayFacts } from './replay-facts.ts';

/** How many seats there were at an instant. */
export function seatsAt({ seats }: Pick<ReplayFacts, 'seats'>, at: Date): number {
  return seats.findLast((from) => from.at <= at)?.quantity ?? seats[0]?.quantity ?? 1;
}

/** A book in which the first period has just begun, with what was left from before on its lots. */
export function bookAtStart(facts: ReplayFacts, terms: PlanTerms, newId: () => string): PoolBook {
  const { customer, unit, settings, startsAt } = facts;
  const subscription: Subscription = {
    subscriptionId: facts.subscriptionId,
    planVersionId: terms.planVersionId,
    renews: true,
    anchor: facts.anchor,
    quantity: seatsAt(facts, startsAt),
  };
  const book: PoolBook = {
    customer,
    poolId: newId(),
    unit,
    member: null,
    root: null,
    hasMembers: false,
    members: new Map(),
    allowancesUntil: null,
    state: 'active',
    terms,
    subscription,
    ...settings,
    periods: [],
    lots: new Map(),
    holds: new Map(),
    overage: new Map(),
    overageReserved: new Map(),
    billed: new Map(),
    debt: facts.openingDebt,
    caps: { ...noCaps(), overrides: new Map(facts.memberCaps) },
    shortfall: noShortfall(facts.spendingLimit),
    changes: noChanges(),
  };
  const moment: Moment = { now: startsAt, newId };
  openPeriod(
    book,
    subscription,
    {
      startsAt,
      endsAt: nextBoundary(facts.anchor, terms.interval, startsAt),
      freezeAt: facts.isSignUp ? null : freezesAt(terms, subscription, startsAt),
    },
    moment,
  );
  for (const member of facts.members) poolFor(book, member, startsAt, moment);
  for (const { member, ...lot } of facts.opening) {
    const pool = member === null ? book : poolFor(book, member, startsAt, moment);
    pool.lots.set(lot.lotId, asLeft(lot, pool, terms));
  }
  return book;
}

/** The first allowance, when its payment opened it; before it is opened the pool has only what was left. */
export function openFirstAllowance(book: PoolBook, at: Date, moment: Moment): void {
  const [period] = book.periods;
  const { subscription } = book;
  if (period === undefined || subscription === null) return;
  openIncludedLot(book, subscription, period, at, moment);
}

function asLeft(lot: Omit<ReplayFacts['opening'][number], 'member'>, pool: PoolBook, terms: PlanTerms): LotState {
  return {
    ...lot,
    poolId: pool.poolId,
    unit: pool.unit,
    onlyHoldId: null,
    billingPeriodId: null,
    drawn: 0n,
    held: 0n,
    frozen: 0n,
    ended: 0n,
    moved: 0n,
    disputed: 0n,
    paidMinor: 0n,
    paidCurrency: null,
    grantCurrency: terms.currency,
    originLotId: null,
    sourceType: 'simulation',
    sourceId: lot.lotId,
  };
}

/** Takes what was metered since the last time out of the book, by period, and forgets the rest of what was noted. */
export function drainMeter(book: PoolBook, metered: Map<string, bigint>): void {
  for (const pool of familyOf(book)) {
    for (const { billingPeriodId, delta } of pool.changes.buckets.values()) {
      metered.set(billingPeriodId, (metered.get(billingPeriodId) ?? 0n) + delta);
    }
    Object.assign(pool.changes, noChanges());
    pool.shortfall.changes.recorded.length = 0;
    pool.shortfall.changes.funded.length = 0;
    pool.caps.changed.clear();
  }
}
