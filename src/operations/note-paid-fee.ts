import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { noteFeePaid } from '../domain/unpaid.ts';
import type { Transaction } from '../storage/database.ts';
import { openedSources } from '../storage/lots.ts';
import { planVersion } from '../storage/plans.ts';
import { loadBook } from '../storage/pool-books.ts';
import { planVersionsOfPools } from '../storage/subscriptions.ts';
import type { Deps } from './deps.ts';
import { saveWatched, watch } from './watch-pools.ts';

export interface PaidFee {
  readonly customer: CustomerKey;
  readonly subscriptionId: string;
  readonly paidAt: Date;
  /** What each line of the fee pays for. */
  readonly spans: readonly { readonly from: Date; readonly to: Date }[];
}

/** Thaws what froze while a fee was unpaid, and opens what waited for it; where the plan does neither, nothing is read. */
export async function notePaidFee(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  { customer, subscriptionId, paidAt, spans }: PaidFee,
): Promise<void> {
  if (await isNeverWaitedFor(trx, customer)) return;
  const { now, book } = await loadBook(trx, customer, deps.settings, 'members');
  if (book === undefined || book.terms === null || book.terms.policy.unpaid === 'continue') return;
  const moment = { now, newId: deps.newId };
  catchUp(book, moment);
  const before = watch([book], now);
  const periods = book.periods.filter(
    (period) =>
      period.subscriptionId === subscriptionId &&
      period.feePaidAt === null &&
      spans.some(({ from, to }) => from <= period.startsAt && period.startsAt < to),
  );
  if (periods.length === 0) return;
  const ids = periods.map(({ billingPeriodId }) => billingPeriodId);
  const opened = await openedSources(trx, customer, 'billing_period', ids);
  noteFeePaid(book, { periods, paidAt, opened }, moment);
  // A member's pool opens what it waited for.
  catchUp(book, moment);
  await saveWatched(trx, book, before, moment);
}

/** A look without locks, since most plans go on while a fee is unpaid. */
async function isNeverWaitedFor(trx: Transaction, customer: CustomerKey): Promise<boolean> {
  for (const planVersionId of await planVersionsOfPools(trx, customer)) {
    if ((await planVersion(trx, planVersionId)).content.policy.unpaid !== 'continue') return false;
  }
  return true;
}
