import type { CustomerKey } from '../domain/customer.ts';
import { openIncludedLot, openPeriod, openResumedPeriod } from '../domain/period-opening.ts';
import type { Transaction } from '../storage/database.ts';
import { saveBook } from '../storage/pool-book-changes.ts';
import { loadBook } from '../storage/pool-books.ts';
import { hadPeriods } from '../storage/subscriptions.ts';
import type { Deps } from './deps.ts';

export interface NewBillingPeriod {
  readonly subscriptionId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly isTrial?: boolean;
  /** 'now' where nothing is to be paid first; else the paid sign-up invoice opens the lot. */
  readonly includedLot: 'now' | 'on_payment';
}

/**
 * Opens a subscription's first period, once per start, in the caller's transaction; later ones open by the pool's own
 * clock. The customer, its subscription and its pool must be stored already.
 */
export async function openBillingPeriod(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  customer: CustomerKey,
  { subscriptionId, startsAt, endsAt, isTrial = false, includedLot }: NewBillingPeriod,
): Promise<void> {
  const { now, book } = await loadBook(trx, customer, deps.settings);
  if (book === undefined)
    throw new Error(`customer ${customer.customerId} has no pool for subscription ${subscriptionId}`);
  const { subscription } = book;
  if (subscription?.subscriptionId !== subscriptionId) return;
  // A renewal is not ours to open: it would come without its included lot.
  if (book.periods.some((period) => period.subscriptionId === subscriptionId)) return;
  const moment = { now, newId: deps.newId };
  // The book holds what ended of late. One that comes back after long, such as from being unpaid, has its sign-up behind it.
  if (await hadPeriods(trx, customer, subscriptionId)) openResumedPeriod(book, { startsAt, endsAt }, moment);
  else {
    const period = openPeriod(book, subscription, { startsAt, endsAt, isTrial }, moment);
    if (includedLot === 'now') openIncludedLot(book, subscription, period, period.startsAt, moment);
  }
  await saveBook(trx, now, book);
}
