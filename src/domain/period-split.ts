// Another metered price in the middle of a cycle: Stripe bills what was used until then at the old price, and the rest at
// the new one (docs: manage your usage-based billing setup, update prices mid-cycle). So the period ends there, nothing
// late belongs to it, and the next one runs to the end of the cycle.
import { endWhatIsDue } from './period-end.ts';
import { openPeriod } from './period-opening.ts';
import type { Moment, PeriodState, PoolBook } from './pool-book.ts';

export interface PriceChange {
  /** From when Stripe bills at the new price, and until when. */
  readonly from: Date;
  readonly until: Date;
}

/**
 * Ends the running period where the price changed and opens the rest of its cycle; answers that rest. A price that is
 * the cycle's from its beginning only names another version for it. The book has the new plan's terms.
 */
export function splitPeriod(
  book: PoolBook,
  period: PeriodState,
  { from, until }: PriceChange,
  moment: Moment,
): PeriodState {
  const { subscription, changes } = book;
  if (subscription === null) throw new Error(`pool ${book.poolId} has a running period and no subscription`);
  const at = from > moment.now ? moment.now : from;
  changes.changedPeriods.add(period);
  if (at <= period.startsAt || at >= period.endsAt) {
    period.planVersionId = subscription.planVersionId;
    return period;
  }
  const endsAt = until > at ? until : period.endsAt;
  const rest = openPeriod(
    book,
    subscription,
    { startsAt: at, endsAt, freezeAt: period.freezeAt, isTrial: period.isTrial },
    moment,
  );
  rest.seats = period.seats;
  rest.feePaidAt = period.feePaidAt;
  rest.frozenAt = period.frozenAt;
  period.endsAt = at;
  period.cutOffAt = at;
  period.supersededBy = rest.billingPeriodId;
  endWhatIsDue(book, moment);
  return rest;
}
