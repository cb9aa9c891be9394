import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { releaseAllHolds } from '../domain/subscription-end.ts';
import { blockPools } from '../storage/cancellations.ts';
import type { Transaction } from '../storage/database.ts';
import { saveBookChanges } from '../storage/pool-book-changes.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';

/** Gives all holds back and blocks the customer's pools, so that nothing moves while an invoice is made. Answers the time. */
export async function blockCustomer(deps: Deps, trx: Transaction, customer: CustomerKey): Promise<Date> {
  const whole = [customer.customerId];
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, {
    allMembersOf: whole,
    allHoldsOf: whole,
  });
  const book = books.get(customer.customerId);
  if (book !== undefined) {
    const moment = { now, newId: deps.newId };
    catchUp(book, moment);
    releaseAllHolds(book, moment);
    await saveBookChanges(trx, now, [book]);
  }
  await blockPools(trx, customer);
  return now;
}
