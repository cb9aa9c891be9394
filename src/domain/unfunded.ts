// Usage past every limit: stored, marked on the pool, and paid by new credits in the order in which it came, after debt.
import { formatCredits } from './amount.ts';
import { isWithin, monthOf } from './billing-period.ts';
import { planBurn, postBurn } from './burn.ts';
import { beginEntry, type Moment, type PeriodState, type PoolBook, runningPeriod } from './pool-book.ts';
import { availableAt } from './pool-stock.ts';
import { refuse, type Refused } from './rejection.ts';
import type { UnfundedUsage } from './shortfall.ts';

/** Marks the pool with usage that nobody could pay for. */
export function waitForFunds({ shortfall }: PoolBook, usage: UnfundedUsage): void {
  shortfall.unfunded.push(usage);
  shortfall.unfundedSum += usage.credits;
  shortfall.changes.recorded.push(usage);
}

/** Why nothing new may start; null when nothing waits to be paid. */
export function refusedForUnfunded(book: PoolBook, now: Date): Refused | null {
  const { unfundedSum } = book.shortfall;
  if (unfundedSum === 0n) return null;
  const liftedBy = 'the account owner, by buying credits';
  return refuse(
    'pool_unfunded',
    `${formatCredits(unfundedSum)} credits of usage are not paid for, and ${formatCredits(availableAt(book, now))} are available. Nothing new starts until new credits have paid it.`,
    { details: { unfunded: formatCredits(unfundedSum), limit: 'unfunded', lifted_by: liftedBy } },
  );
}

/** Posts waiting usage as far as lots and overage reach, whole events in their order; they are metered now. */
export function fundWhatWaits(book: PoolBook, moment: Moment): void {
  const { shortfall } = book;
  const period = runningPeriod(book, moment.now);
  if (period === null) return;
  for (let next = shortfall.unfunded[0]; next !== undefined; next = shortfall.unfunded[0]) {
    const burn = planBurn(book, period, next, next.credits, moment.now, false);
    if (burn.unfunded > 0n || burn.debt > 0n) return;
    const entry = fundingEntry(book, next, period, moment);
    postBurn(book, entry, period, burn, moment.now);
    book.changes.trueUpCause ??= entry.entryId;
    endWaiting(book, next, entry.entryId);
  }
}

/** Takes usage that waits off the pool, as if it had never come; what waited behind it may be paid now. */
export function undoWaiting(book: PoolBook, usage: WaitingUsage, moment: Moment): void {
  endWaiting(book, usage, null);
  book.changes.reversals.push({ ...usage, entryId: null });
  fundWhatWaits(book, moment);
}

export type WaitingUsage = Pick<UnfundedUsage, 'usageEventId' | 'credits'>;

/** Usage that waits no longer: it was paid, or undone. Of very much of it the book has only the beginning. */
function endWaiting({ shortfall }: PoolBook, usage: WaitingUsage, entryId: string | null): void {
  const place = shortfall.unfunded.findIndex(({ usageEventId }) => usageEventId === usage.usageEventId);
  if (place !== -1) shortfall.unfunded.splice(place, 1);
  shortfall.unfundedSum -= usage.credits;
  shortfall.changes.funded.push({ usageEventId: usage.usageEventId, entryId });
}

function fundingEntry(book: PoolBook, usage: UnfundedUsage, period: PeriodState, { now, newId }: Moment) {
  return beginEntry(book, {
    entryId: newId(),
    kind: 'usage.funded',
    effectiveAt: now,
    actor: 'credits',
    sourceType: 'usage_event',
    sourceId: usage.usageEventId,
    billingPeriodId: period.billingPeriodId,
    planVersionId: period.planVersionId,
    burnRateId: usage.burnRateId,
    ...(!isWithin(period, usage.occurredAt) && { belongsTo: monthOf(usage.occurredAt) }),
  });
}
