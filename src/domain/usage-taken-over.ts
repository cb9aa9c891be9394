// Usage that another integration had reported to the meter when a customer was taken over. Stripe bills it with the
// running period and applies its credit grants to it, so it counts here like any use: lots first, then overage.
import { postBurn } from './burn.ts';
import { drawInOrder } from './drawdown.ts';
import { isOpenAt } from './lot.ts';
import { beginEntry, type Moment, type PeriodState, type PoolBook } from './pool-book.ts';
import { lotsInOrder } from './pool-stock.ts';

/**
 * Posts `micro` micro-credits as used in the period. Lots that are limited to features are left alone: nobody knows which
 * ones these were. No cap and no rule for zero holds, since it has happened and Stripe bills it. Once per period.
 */
export function takeOverUsage(book: PoolBook, period: PeriodState, micro: bigint, { now, newId }: Moment): void {
  if (micro <= 0n) return;
  const { billingPeriodId } = period;
  const payers = lotsInOrder(book).filter(
    (lot) => lot.onlyHoldId === null && lot.features === null && isOpenAt(lot, now),
  );
  const { draws, short } = drawInOrder(payers, micro);
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'usage.taken_over',
    effectiveAt: now,
    actor: 'import',
    reason: 'usage of the running period that Stripe had counted before',
    sourceType: 'billing_period',
    sourceId: billingPeriodId,
    billingPeriodId,
    ...(book.terms !== null && { planVersionId: book.terms.planVersionId }),
  });
  // At the period's start: no hour of it, so that no pace is told from it.
  postBurn(book, entry, period, { draws, overage: short, debt: 0n, unfunded: 0n }, period.startsAt);
}
