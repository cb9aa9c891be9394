// Decisions on a private copy of the pools: what would happen, without any of it happening.
import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { Moment, PoolBook } from '../domain/pool-book.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import type { BurnRateRow } from '../storage/plans.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { ratesOf } from './executor.ts';

export interface Rehearsal {
  readonly trx: Transaction;
  readonly moment: Moment;
  /** By customer id, brought up to the moment; a customer without a pool is absent. */
  readonly books: ReadonlyMap<string, PoolBook>;
  readonly ratesFor: (book: PoolBook) => readonly BurnRateRow[];
}

/** Loads the pools without locking them and lets `work` decide on them; whatever it decides is forgotten. */
export async function rehearse<Result>(
  deps: Deps,
  customers: readonly CustomerKey[],
  work: (rehearsal: Rehearsal) => Promise<Result> | Result,
): Promise<Result> {
  return transaction(
    deps.db,
    async (trx) => {
      const { now, books } = await loadPoolBooks(trx, customers, deps.settings, { readOnly: true });
      const rates = await ratesOf(trx, books);
      const moment = { now, newId: deps.newId };
      for (const book of books.values()) catchUp(book, moment);
      return work({ trx, moment, books, ratesFor: ({ unit }) => rates.get(unit) ?? [] });
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
