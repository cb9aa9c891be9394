import type { CustomerKey } from '../domain/customer.ts';
import type { PlanTerms } from '../domain/terms.ts';
import type { Database, Transaction } from './database.ts';
import { termsOf } from './pool-books.ts';
import { execute, query } from './query.ts';

/** The terms that a customer's own pool is under; null without a pool or a plan. */
export async function customerTerms(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<PlanTerms | null> {
  const [row] = await query<{ planVersionId: string | null }>(
    on,
    `select plan_version_id as "planVersionId" from pools where lane = $1 and customer_id = $2 and member is null`,
    [lane, customerId],
  );
  return row?.planVersionId == null ? null : termsOf(on, row.planVersionId);
}

/** Most overage a period that the customer wants; null: what the plan allows. */
export async function setSpendingLimit(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  limit: bigint | null,
): Promise<void> {
  await execute(trx, `update pools set spending_limit = $3 where lane = $1 and customer_id = $2 and member is null`, [
    lane,
    customerId,
    limit,
  ]);
}

/** The customer's own pool; null before its first subscription. */
export async function customerPool(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<string | null> {
  const [row] = await query<{ poolId: string }>(
    on,
    `select pool_id as "poolId" from pools where lane = $1 and customer_id = $2 and member is null`,
    [lane, customerId],
  );
  return row?.poolId ?? null;
}
