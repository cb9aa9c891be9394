// The version on a pool's row says whether the book that a server keeps is what a read would find (migration 0020).
import type { CustomerKey } from '../domain/customer.ts';
import type { Transaction } from './database.ts';
import { execute } from './query.ts';

/** For a transaction that counts itself (`beginBatch`): what servers keep of these customers' own pools is outdated. */
export async function countVersions(trx: Transaction, customers: readonly CustomerKey[]): Promise<void> {
  if (customers.length === 0) return;
  await execute(
    trx,
    `update pools p set version = p.version + 1 from unnest($1::smallint[], $2::uuid[]) as c (lane, customer_id)
     where p.lane = any ($1) and p.lane = c.lane and p.customer_id = c.customer_id and p.member is null`,
    [customers.map(({ lane }) => lane), customers.map(({ customerId }) => customerId)],
  );
}
