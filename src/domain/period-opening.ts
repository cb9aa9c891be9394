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
import type { PlanTerms } from './terms.ts';
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
    renew(book, subscription, terms, { startsAt: last.endsAt, endsAt }, moment);
    // Its overage is a new one.
    fundWhatWaits(book, moment);
  }
  return opened;
}

/** Opens the period with which a paused subscription goes on, unless it is there; nothing ran in between. */
export function openResumedPeriod(book: PoolBook, span: Span, moment: Moment): void {
  const { subscription, terms } = book;
  if (subscription === null || terms === null || book.periods.some(({ endsAt }) => endsAt > span.startsAt)) return;
  renew(book, subscription, terms, span, moment);
}

interface Span {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** A period whose fee is due with it, and its credits as the plan says. */
function renew(book: PoolBook, subscription: Subscription, terms: PlanTerms, span: Span, moment: Moment): void {
  const freezeAt = freezesAt(terms, subscription, span.startsAt);
  const period = openPeriod(book, subscription, { ...span, freezeAt }, moment);
  if (!waitsForFee(terms)) openIncludedLot(book, subscription, period, period.startsAt, moment);
}

/** Adds a period to the book; periods stay ordered by start. */
export function openPeriod(
  book: PoolBook,
  { subscriptionId, planVersionId, quantity }: Subscription,
  {
    startsAt,
    endsAt,
    freezeAt = null,
    isTrial = false,
  }: {
    readonly startsAt: Date;
    readonly endsAt: Date;
    readonly freezeAt?: Date | null;
    readonly isTrial?: boolean;
  },
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
    isTrial,
    seats: quantity,
    freezeAt,
    feePaidAt: null,
    frozenAt: null,
    supersededBy: null,
    isNeverBilled: false,
  };
  book.periods.push(period);
  book.periods.sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
  book.changes.newPeriods.push(period);
  return period;
}

/**
 * The allowance of one period: included credits per seat, or of one member, once per period; in a trial the trial's, for
 * which nobody pays. Null where the plan includes none for this pool: under a pool for each member the customer's own
 * holds only what was bought.
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
  const { isTrial } = period;
  const perSeat = (isTrial ? terms?.trialCredits : terms?.included) ?? 0n;
  if (terms === null || perSeat === 0n || seats === 0) return null;
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
      source: isTrial ? 'promotional' : 'included',
      category: isTrial ? 'promotional' : 'paid',
      priority: 50,
      effectiveAt,
      expiresAt: isTrial || terms.policy.includedExpiry === 'period_end' ? home.endsAt : null,
      features: null,
      billingPeriodId: home.billingPeriodId,
      granted: perSeat * BigInt(seats),
      paidMinor: 0n,
      paidCurrency: null,
      grantCurrency: terms.currency,
      originLotId: null,
      sourceType: 'billing_period',
      sourceId,
    },
    { actor: 'plan', reason: `${isTrial ? 'trial' : 'included'} credits of plan ${terms.plan}` },
    moment,
  );
}
