// Subscriptions as they were fetched, and the pool that each unit's subscription gives its customer.
import type { CustomerKey } from '../domain/customer.ts';
import type { SubscriptionFacts } from '../domain/subscription.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface StoredSubscription extends CustomerKey {
  readonly subscriptionId: string;
  readonly status: string;
  readonly planVersionId: string | null;
  readonly baseItemId: string | null;
  readonly meteredItemId: string | null;
  readonly quantity: number;
  readonly cancelAtPeriodEnd: boolean;
  readonly collectionMethod: string | null;
}

export interface SubscriptionTerms {
  readonly planVersionId: string | null;
  readonly baseItemId: string | null;
  readonly meteredItemId: string | null;
  readonly quantity: number;
}

/** Stores what was fetched; false when a later fetch is stored already. A cancelled subscription stays cancelled. */
export async function saveSubscription(
  trx: Transaction,
  key: CustomerKey,
  {
    facts,
    terms,
    fetchedAt,
  }: { readonly facts: SubscriptionFacts; readonly terms: SubscriptionTerms; readonly fetchedAt: Date },
): Promise<boolean> {
  const saved = await execute(
    trx,
    `insert into subscriptions (lane, customer_id, subscription_id, status, plan_version_id, base_item_id,
       metered_item_id, quantity, cancel_at_period_end, canceled_at, billing_anchor, object, fetched_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (lane, customer_id, subscription_id) do update set status = excluded.status,
       plan_version_id = coalesce(excluded.plan_version_id, subscriptions.plan_version_id),
       base_item_id = excluded.base_item_id, metered_item_id = excluded.metered_item_id,
       quantity = excluded.quantity, cancel_at_period_end = excluded.cancel_at_period_end,
       canceled_at = excluded.canceled_at, billing_anchor = excluded.billing_anchor, object = excluded.object,
       fetched_at = excluded.fetched_at
     where subscriptions.fetched_at <= excluded.fetched_at
       and subscriptions.status not in ('canceled', 'incomplete_expired')`,
    [
      key.lane,
      key.customerId,
      facts.subscriptionId,
      facts.status,
      terms.planVersionId,
      terms.baseItemId,
      terms.meteredItemId,
      terms.quantity,
      facts.cancelAtPeriodEnd,
      facts.canceledAt,
      facts.billingAnchor,
      facts.object,
      fetchedAt,
    ],
  );
  return saved === 1;
}

export interface NewPool {
  readonly poolId: string;
  readonly unit: string;
  readonly planVersionId: string;
  readonly openedAt: Date;
}

/** The customer's pool of a unit, opened if there is none; it follows the plan version of the subscription. */
export async function openPool(trx: Transaction, key: CustomerKey, pool: NewPool): Promise<string> {
  const [row] = await query<{ poolId: string }>(
    trx,
    `insert into pools (lane, customer_id, pool_id, unit, plan_version_id, state, opened_at)
     values ($1, $2, $3, $4, $5, 'active', $6)
     on conflict (lane, customer_id, unit, coalesce(member, '')) do update set plan_version_id = excluded.plan_version_id
     returning pool_id as "poolId"`,
    [key.lane, key.customerId, pool.poolId, pool.unit, pool.planVersionId, pool.openedAt],
  );
  if (row === undefined) throw new Error(`the pool of ${pool.unit} was neither found nor opened`);
  return row.poolId;
}

/** The plan versions that a customer's pools follow. */
export async function planVersionsOfPools(db: Database, key: CustomerKey): Promise<readonly string[]> {
  const rows = await query<{ planVersionId: string }>(
    db,
    `select distinct plan_version_id as "planVersionId" from pools
     where lane = $1 and customer_id = $2 and plan_version_id is not null`,
    [key.lane, key.customerId],
  );
  return rows.map(({ planVersionId }) => planVersionId);
}

/** A pool may be spent while any subscription in its unit allows it and is not being cancelled or paused; a closed one stays closed. */
export async function blockOrUnblockPools(
  trx: Transaction,
  key: CustomerKey,
  spendableStatuses: readonly string[],
): Promise<void> {
  await execute(
    trx,
    `update pools p set state = case when exists (
         select from subscriptions s join plan_versions v on v.plan_version_id = s.plan_version_id
         where s.lane = $1 and s.customer_id = $2 and v.unit = p.unit and s.status = any($3::text[])
           and not exists (select from cancellations c where c.lane = $1 and c.customer_id = $2
             and c.subscription_id = s.subscription_id and c.state in ('flushing', 'sent'))
           and not exists (select from subscription_orders o where o.lane = $1 and o.customer_id = $2
             and o.subscription_id = s.subscription_id and o.kind = 'pause' and o.state in ('flushing', 'sent')))
       then 'active' else 'blocked' end
     where p.lane = $1 and p.customer_id = $2 and p.state <> 'closed'`,
    [key.lane, key.customerId, spendableStatuses],
  );
}

/** Subscriptions to plans of a unit that have not ended, the newest first. */
export async function subscriptionsInForce(
  db: Database,
  key: CustomerKey,
  unit: string,
): Promise<readonly { readonly subscriptionId: string; readonly status: string }[]> {
  return query(
    db,
    `select s.subscription_id as "subscriptionId", s.status from subscriptions s
     join plan_versions v on v.plan_version_id = s.plan_version_id and v.unit = $3
     where s.lane = $1 and s.customer_id = $2 and s.status not in ('canceled', 'incomplete_expired')
     order by s.billing_anchor desc, s.subscription_id`,
    [key.lane, key.customerId, unit],
  );
}

export async function readSubscription(
  db: Database | Transaction,
  key: CustomerKey,
  subscriptionId: string,
): Promise<StoredSubscription | null> {
  const [row] = await query<StoredSubscription>(
    db,
    `select lane, customer_id as "customerId", subscription_id as "subscriptionId", status,
       plan_version_id as "planVersionId", base_item_id as "baseItemId", metered_item_id as "meteredItemId", quantity,
       cancel_at_period_end as "cancelAtPeriodEnd", object ->> 'collection_method' as "collectionMethod"
     from subscriptions where lane = $1 and customer_id = $2 and subscription_id = $3`,
    [key.lane, key.customerId, subscriptionId],
  );
  return row ?? null;
}

/** The most seats that a subscription has had in the period that runs; as many as it has where none runs. */
export async function mostSeats(
  db: Database | Transaction,
  key: CustomerKey,
  subscriptionId: string,
  now: Date,
): Promise<number> {
  const [row] = await query<{ seats: number }>(
    db,
    `select greatest(coalesce(max(p.seats), 0), max(s.quantity)) as seats
     from subscriptions s
     left join billing_periods p on p.lane = s.lane and p.customer_id = s.customer_id
       and p.subscription_id = s.subscription_id and p.starts_at <= $4 and p.ends_at > $4
     where s.lane = $1 and s.customer_id = $2 and s.subscription_id = $3`,
    [key.lane, key.customerId, subscriptionId, now],
  );
  return row?.seats ?? 0;
}

/** Whether a period of the subscription was ever opened, however long that is over. */
export async function hadPeriods(trx: Transaction, key: CustomerKey, subscriptionId: string): Promise<boolean> {
  const rows = await query(
    trx,
    `select 1 from billing_periods where lane = $1 and customer_id = $2 and subscription_id = $3 limit 1`,
    [key.lane, key.customerId, subscriptionId],
  );
  return rows.length > 0;
}
