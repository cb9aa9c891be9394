// Seats fund the pool: a quantity above the highest of the running period brings its share of the credits, once.
import { dividedUp, MICRO_PER_CREDIT } from './amount.ts';
import { cycleStart, isWithin } from './billing-period.ts';
import { openLot } from './lot-opening.ts';
import type { LotState, Moment, PoolBook } from './pool-book.ts';

/**
 * Notes a subscription's quantity as of an instant. More than ever in that period opens a lot of share × new seats,
 * rounded up to whole credits; fewer change nothing before the renewal, so toggling a seat grants once. Null: no lot.
 */
export function noteSeats(book: PoolBook, quantity: number, at: Date, moment: Moment): LotState | null {
  const { subscription, terms } = book;
  const period = book.periods.find(
    (one) => one.subscriptionId === subscription?.subscriptionId && isWithin(one, moment.now),
  );
  if (subscription === null || terms === null || period === undefined) return null;
  const before = period.seats ?? subscription.quantity;
  if (quantity <= before && period.seats !== null) return null;
  period.seats = Math.max(before, quantity);
  book.changes.changedPeriods.add(period);
  const { policy, included, currency, plan } = terms;
  if (
    period.isTrial ||
    quantity <= before ||
    policy.seats.add !== 'prorated' ||
    policy.pooling === 'member' ||
    included === 0n
  )
    return null;
  // Told of it only after a renewal: then the seat is new for all of this period.
  const from = at < period.startsAt ? period.startsAt : at > moment.now ? moment.now : at;
  const left = BigInt(period.endsAt.getTime() - from.getTime());
  const whole = BigInt(period.endsAt.getTime() - cycleStart(book.periods, period).getTime());
  const share = included * BigInt(quantity - before) * left;
  return openLot(
    book,
    {
      source: 'included',
      category: 'paid',
      priority: 50,
      effectiveAt: from,
      expiresAt: policy.includedExpiry === 'period_end' ? period.endsAt : null,
      features: null,
      billingPeriodId: period.billingPeriodId,
      granted: dividedUp(share, whole * MICRO_PER_CREDIT) * MICRO_PER_CREDIT,
      paidMinor: 0n,
      paidCurrency: null,
      grantCurrency: currency,
      originLotId: null,
      sourceType: 'seats',
      sourceId: `${period.billingPeriodId}/${quantity}`,
    },
    { actor: 'plan', reason: `${quantity} seats of plan ${plan} instead of ${before}` },
    moment,
  );
}
