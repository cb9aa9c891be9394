// Renewal: at a period's end the next one opens with its recurring lot, lazily when the pool is touched or by a job.
// The pool's own clock decides, never a webhook, so that the first request after midnight finds its credits.
import { nextBoundary } from './billing-period.ts';
import { freezesAt, waitsForFee } from './fee-due.ts';
import { openLot } from './lot-opening.ts';
import {
  type LotState,
  type Moment,
  type PeriodState,
  type PoolBook,
  runningPeriod,
  type Subscription,
} from './pool-book.ts';
import { fundWhatWaits } from './unfunded.ts';

/** A service that was away catches up at most this many periods at one touch. */
const PERIODS_AT_ONCE_MAX = 36;

/** Opens every period that should have begun by now; returns how many. */
export function openDuePeriods(book: PoolBook, moment: Moment): number {
  const { subscription, terms } = book;
  if (subscription === null || terms === null || !subscription.renews) return 0;
  let opened = 0;
  for (; opened < PERIODS_AT_ONCE_MAX; opened += 1) {
    const last = book.periods.filter(({ subscriptionId }) => subscriptionId === subscription.subscriptionId).at(-1);
    if (last === undefined || moment.now < last.endsAt) break;
    const endsAt = nextBoundary(subscription.anchor, terms.interval, last.endsAt);
    const freezeAt = freezesAt(terms, subscription, last.endsAt);
    const period = openPeriod(book, subscription, { startsAt: last.endsAt, endsAt, freezeAt }, moment);
    if (!waitsForFee(terms)) openIncludedLot(book, subscription, period, period.startsAt, moment);
    // Its overage is a new one.
    fundWhatWaits(book, moment);
  }
  return opened;
}

/** Adds a period to the book; periods stay ordered by start. */
export function openPeriod(
  book: PoolBook,
  { subscriptionId, planVersionId, quantity }: Subscription,
  {
    startsAt,
    endsAt,
    freezeAt = null,
  }: { readonly startsAt: Date; readonly endsAt: Date; readonly freezeAt?: Date | null },
  { newId }: Moment,
): PeriodState {
  const period: PeriodState = {
    billingPeriodId: newId(),
    subscriptionId,
    planVersionId,
    startsAt,
    endsAt,
    cutOffAt: new Date(endsAt.getTime() + book.cutOffMinutes * 60_000),
    state: 'open',
    seats: quantity,
    freezeAt,
    feePaidAt: null,
    frozenAt: null,
    supersededBy: null,
  };
  book.periods.push(period);
  book.periods.sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
  book.changes.newPeriods.push(period);
  return period;
}

/**
 * The allowance of one period: included credits per seat, or of one member, once per period. Null where the plan includes
 * none for this pool: under a pool for each member the customer's own holds only what was bought.
 */
export function openIncludedLot(
  book: PoolBook,
  { quantity }: Subscription,
  period: PeriodState,
  effectiveAt: Date,
  moment: Moment,
): LotState | null {
  const { terms } = book;
  const seats = book.member === null ? quantity : 1;
  if (terms === null || terms.included === 0n || seats === 0) return null;
  if (terms.policy.pooling === 'member' && book.member === null) return null;
  const { billingPeriodId } = period;
  const sourceId = book.member === null ? billingPeriodId : `${billingPeriodId}/${book.poolId}`;
  // A sign-up may be paid when its period is over: what was paid for lives in the period that runs then.
  const home = effectiveAt < period.endsAt ? period : runningPeriod(book, effectiveAt);
  if (home === null) return null;
  const already = [...book.lots.values()].some(
    (lot) => lot.sourceType === 'billing_period' && lot.sourceId === sourceId,
  );
  if (already) return null;
  return openLot(
    book,
    {
      source: 'included',
      category: 'paid',
      priority: 50,
      effectiveAt,
      expiresAt: terms.policy.includedExpiry === 'period_end' ? home.endsAt : null,
      features: null,
      billingPeriodId: home.billingPeriodId,
      granted: terms.included * BigInt(seats),
      paidMinor: 0n,
      paidCurrency: null,
      grantCurrency: terms.currency,
      originLotId: null,
      sourceType: 'billing_period',
      sourceId,
    },
    { actor: 'plan', reason: `included credits of plan ${terms.plan}` },
    moment,
  );
}
