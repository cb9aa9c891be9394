import type { CustomerKey } from '../domain/customer.ts';
import type { PoolBook } from '../domain/pool-book.ts';
import { countShadow, emptyShadow, type ShadowDraw } from '../domain/shadow-book.ts';
import { gather, write } from './column-writes.ts';
import type { Transaction } from './database.ts';
import { parametersOf, scopeOf, WANTED } from './pool-scope.ts';
import { query } from './query.ts';

/** Would-be draws; no row at all where nothing is in shadow mode. */
export async function insertShadowDraws(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.shadowDraws),
    `insert into shadow_draws (lane, customer_id, usage_event_id, seq, pool_id, billing_period_id, action, taken_from,
       lot_id, amount, drawn_at)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::smallint[], $5::uuid[], $6::uuid[], $7::text[],
       $8::text[], $9::uuid[], $10::bigint[], $11::timestamptz[])`,
    [
      ({ usageEventId }) => usageEventId,
      ({ seq }) => seq,
      (_, { poolId }) => poolId,
      ({ billingPeriodId }) => billingPeriodId,
      ({ action }) => action,
      ({ takenFrom }) => takenFrom,
      ({ lotId }) => lotId,
      ({ amount }) => amount,
      () => now,
    ],
  );
}

type ShadowSum = Pick<ShadowDraw, 'takenFrom' | 'lotId' | 'amount' | 'billingPeriodId'> & {
  readonly customerId: string;
  readonly poolId: string;
};

/** Gives the customers' own books what was drawn in their shadow so far, unless they have it already. */
export async function readShadows(
  trx: Transaction,
  customers: readonly CustomerKey[],
  books: ReadonlyMap<string, PoolBook>,
): Promise<void> {
  const unread = customers.filter(({ customerId }) => {
    const book = books.get(customerId);
    return book !== undefined && book.shadow === undefined;
  });
  if (unread.length === 0) return;
  const sums = await query<ShadowSum>(
    trx,
    `select customer_id as "customerId", pool_id as "poolId", billing_period_id as "billingPeriodId",
       taken_from as "takenFrom", lot_id as "lotId", sum(amount)::bigint as amount
     from shadow_draws ${WANTED}
     where lane = any ($3::smallint[]) and taken_from <> 'refused'
     group by customer_id, pool_id, billing_period_id, taken_from, lot_id`,
    parametersOf(scopeOf(unread)),
  );
  for (const { customerId } of unread) {
    const book = books.get(customerId);
    if (book !== undefined) book.shadow = emptyShadow();
  }
  for (const { customerId, ...sum } of sums) {
    const shadow = books.get(customerId)?.shadow;
    if (shadow !== undefined) countShadow(shadow, sum);
  }
}
