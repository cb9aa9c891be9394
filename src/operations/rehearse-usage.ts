// Decisions on a private copy of the pools: what would happen, without any of it happening.
import { catchUp } from '../domain/catch-up.ts';
import type { Moment, PoolBook } from '../domain/pool-book.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import { needsOf } from './batch-needs.ts';
import { decidePoolRequest } from './decide-pool-request.ts';
import type { Deps } from './deps.ts';
import type { Earlier } from './earlier.ts';
import { ratesOf } from './executor.ts';
import type { PoolAnswer, PoolRequest } from './pool-request.ts';
import { readNeededShadows } from './unenforced-actions.ts';

export interface Rehearsal {
  readonly trx: Transaction;
  readonly moment: Moment;
  /** By customer id, brought up to the moment; a customer without a pool is absent. */
  readonly books: ReadonlyMap<string, PoolBook>;
  /** One request after the other, each on what the ones before it left. */
  readonly decide: (request: PoolRequest, earlier: Earlier) => PoolAnswer;
}

/**
 * Loads the pools that the requests speak of, without locking them, and lets `work` decide on them; whatever it decides
 * is forgotten.
 */
export async function rehearse<Result>(
  deps: Deps,
  requests: readonly PoolRequest[],
  work: (rehearsal: Rehearsal) => Promise<Result> | Result,
): Promise<Result> {
  const customers = [...new Map(requests.map(({ customer }) => [customer.customerId, customer])).values()];
  return transaction(
    deps.db,
    async (trx) => {
      const needs = needsOf(requests, { readOnly: true });
      const { now, books } = await loadPoolBooks(trx, customers, deps.settings, needs);
      const rates = await ratesOf(trx, books);
      await readNeededShadows(trx, requests, books, rates);
      const moment = { now, newId: deps.newId };
      for (const book of books.values()) catchUp(book, moment);
      const decide = (request: PoolRequest, earlier: Earlier): PoolAnswer => {
        const book = books.get(request.customer.customerId);
        return decidePoolRequest(
          book,
          request,
          book === undefined ? [] : (rates.get(book.unit) ?? []),
          earlier,
          moment,
        );
      };
      return work({ trx, moment, books, decide });
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
