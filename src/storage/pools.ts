import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import type { PoolsKey } from './pool-sums.ts';
import { query } from './query.ts';

export interface Pools extends PoolsKey {
  readonly unit: string;
}

/** All of a customer's pools together, or one member's; null when there is none. */
export async function poolsOf(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  member: string | null,
): Promise<Pools | null> {
  const rows = await query<{ poolId: string; unit: string }>(
    on,
    `select pool_id as "poolId", unit from pools
     where lane = $1 and customer_id = $2 and ($3::text is null or member = $3) order by opened_at, pool_id`,
    [lane, customerId, member],
  );
  const [first] = rows;
  return first === undefined ? null : { lane, customerId, unit: first.unit, poolIds: rows.map(({ poolId }) => poolId) };
}

/** The billing period that ran at an instant; null when none did. */
export async function periodAt(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  at: Date,
): Promise<string | null> {
  const [row] = await query<{ id: string }>(
    on,
    `select billing_period_id as id from billing_periods
     where lane = $1 and customer_id = $2 and starts_at <= $3 and $3 < ends_at order by starts_at limit 1`,
    [lane, customerId, at],
  );
  return row?.id ?? null;
}

/** The plan of the customer's own pool; null when it has none. */
export async function planOfPool(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<string | null> {
  const [row] = await query<{ plan: string }>(
    on,
    `select v.plan from pools p join plan_versions v using (plan_version_id)
     where p.lane = $1 and p.customer_id = $2 and p.member is null order by p.opened_at limit 1`,
    [lane, customerId],
  );
  return row?.plan ?? null;
}
