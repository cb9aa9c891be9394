// Subscriptions as they were fetched, and the pool that each unit's subscription gives its customer.
import type { CustomerKey } from '../domain/customer.ts';
import type { SubscriptionFacts } from '../domain/subscription.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { parametersOf, scopeOf } from './pool-scope.ts';
import { queryEach } from './query-each.ts';
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

interface Fetched {
  readonly facts: SubscriptionFacts;
  readonly terms: SubscriptionTerms;
  readonly fetchedAt: Date;
}

/** Stores what was fetched; false when a later fetch is stored already. A cancelled subscription stays cancelled. */
export const saveSubscription = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, fetched: Fetched])[]) => {
    const column = <Value>(of: (fetched: Fetched, key: CustomerKey) => Value): Value[] =>
      asks.map(([key, fetched]) => of(fetched, key));
    const saved = await query<{ subscriptionId: string }>(
      trx,
      `insert into subscriptions (lane, customer_id, subscription_id, status, plan_version_id, base_item_id,
         metered_item_id, quantity, cancel_at_period_end, canceled_at, billing_anchor, object, fetched_at)
       select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[],
         $8::integer[], $9::boolean[], $10::timestamptz[], $11::timestamptz[], $12::json[], $13::timestamptz[])
       on conflict (lane, customer_id, subscription_id) do update set status = excluded.status,
         plan_version_id = coalesce(excluded.plan_version_id, subscriptions.plan_version_id),
         base_item_id = excluded.base_item_id, metered_item_id = excluded.metered_item_id,
         quantity = excluded.quantity, cancel_at_period_end = excluded.cancel_at_period_end,
         canceled_at = excluded.canceled_at, billing_anchor = excluded.billing_anchor, object = excluded.object,
         fetched_at = excluded.fetched_at
       where subscriptions.fetched_at <= excluded.fetched_at
         and subscriptions.status not in ('canceled', 'incomplete_expired')
       returning subscription_id as "subscriptionId"`,
      [
        column((_, key) => key.lane),
        column((_, key) => key.customerId),
        column(({ facts }) => facts.subscriptionId),
        column(({ facts }) => facts.status),
        column(({ terms }) => terms.planVersionId),
        column(({ terms }) => terms.baseItemId),
        column(({ terms }) => terms.meteredItemId),
        column(({ terms }) => terms.quantity),
        column(({ facts }) => facts.cancelAtPeriodEnd),
        column(({ facts }) => facts.canceledAt),
        column(({ facts }) => facts.billingAnchor),
        column(({ facts }) => facts.object),
        column(({ fetchedAt }) => fetchedAt),
      ],
    );
    const ids = new Set(saved.map(({ subscriptionId }) => subscriptionId));
    return asks.map(([, { facts }]) => ids.has(facts.subscriptionId));
  },
);

export interface NewPool {
  readonly poolId: string;
  readonly unit: string;
  readonly planVersionId: string;
  readonly openedAt: Date;
}

/** The customer's pool of a unit, opened if there is none; it follows the plan version of the subscription. */
export const openPool = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, pool: NewPool])[]) => {
    const rows = await query<{ customerId: string; poolId: string }>(
      trx,
      `insert into pools (lane, customer_id, pool_id, unit, plan_version_id, state, opened_at)
     select lane, customer_id, pool_id, unit, plan_version_id, 'active', opened_at
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[])
       as p (lane, customer_id, pool_id, unit, plan_version_id, opened_at)
     on conflict (lane, customer_id, unit, coalesce(member, '')) do update set plan_version_id = excluded.plan_version_id
     returning customer_id as "customerId", pool_id as "poolId"`,
      [
        asks.map(([key]) => key.lane),
        asks.map(([key]) => key.customerId),
        asks.map(([, pool]) => pool.poolId),
        asks.map(([, pool]) => pool.unit),
        asks.map(([, pool]) => pool.planVersionId),
        asks.map(([, pool]) => pool.openedAt),
      ],
    );
    const opened = new Map(rows.map(({ customerId, poolId }) => [customerId, poolId]));
    return asks.map(([{ customerId }, { unit }]) => {
      const poolId = opened.get(customerId);
      if (poolId === undefined) throw new Error(`the pool of ${unit} was neither found nor opened`);
      return poolId;
    });
  },
);

/** The plan versions that a customer's pools follow. */
export const planVersionsOfPools = inStep(
  async (on: Database | Transaction, asks: readonly (readonly [key: CustomerKey])[]) => {
    const followed = await queryEach<{ planVersionId: string }>(
      on,
      {
        sql: `select distinct plan_version_id as "planVersionId" from pools
          where lane = $1 and customer_id = $2 and plan_version_id is not null`,
        types: ['smallint', 'uuid'],
      },
      asks.map(([{ lane, customerId }]) => [lane, customerId]),
    );
    return followed.map((rows) => rows.map(({ planVersionId }) => planVersionId));
  },
);

/** A pool may be spent while any subscription in its unit allows it and is not being cancelled or paused; a closed one stays closed. */
export const blockOrUnblockPools = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, spendableStatuses: readonly string[]])[]) => {
    const [, spendableStatuses] = asks[0] ?? [null, []];
    await execute(
      trx,
      `update pools p set state = c.state from (
         select wanted.lane, wanted.customer_id, o.pool_id, case when exists (
             select from subscriptions s join plan_versions v on v.plan_version_id = s.plan_version_id
             where s.lane = wanted.lane and s.customer_id = wanted.customer_id and v.unit = o.unit
               and s.status = any ($4::text[])
               and not exists (select from cancellations c where c.lane = wanted.lane
                 and c.customer_id = wanted.customer_id and c.subscription_id = s.subscription_id
                 and c.state in ('flushing', 'sent'))
               and not exists (select from subscription_orders r where r.lane = wanted.lane
                 and r.customer_id = wanted.customer_id and r.subscription_id = s.subscription_id
                 and r.kind = 'pause' and r.state in ('flushing', 'sent')))
           then 'active' else 'blocked' end as state
         from unnest($1::smallint[], $2::uuid[]) as wanted (lane, customer_id)
         join pools o on o.lane = any ($3::smallint[]) and o.lane = wanted.lane and o.customer_id = wanted.customer_id
         where o.state <> 'closed') c
       where p.lane = any ($3::smallint[]) and p.lane = c.lane and p.customer_id = c.customer_id
         and p.pool_id = c.pool_id and p.state <> c.state and p.state <> 'closed'`,
      [...parametersOf(scopeOf(asks.map(([key]) => key))), spendableStatuses],
    );
    return asks.map(() => undefined);
  },
);

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

/** Whether another subscription to a plan of a unit counts on its meter, which is then the one that is followed. */
export const isMeteredByOther = inStep(
  async (
    on: Database | Transaction,
    asks: readonly (readonly [key: CustomerKey, subscriptionId: string, unit: string])[],
  ) => {
    const found = await queryEach<{ subscriptionId: string }>(
      on,
      {
        sql: `select s.subscription_id as "subscriptionId" from subscriptions s
          join plan_versions v on v.plan_version_id = s.plan_version_id and v.unit = $4
          where s.lane = $1 and s.customer_id = $2 and s.subscription_id <> $3 and s.metered_item_id is not null
            and s.status not in ('canceled', 'incomplete_expired') limit 1`,
        types: ['smallint', 'uuid', 'text', 'text'],
      },
      asks.map(([{ lane, customerId }, subscriptionId, unit]) => [lane, customerId, subscriptionId, unit]),
    );
    return found.map((rows) => rows.length > 0);
  },
);

export const readSubscription = inStep(
  async (on: Database | Transaction, asks: readonly (readonly [key: CustomerKey, subscriptionId: string])[]) => {
    const found = await queryEach<StoredSubscription>(
      on,
      {
        sql: `select lane, customer_id as "customerId", subscription_id as "subscriptionId", status,
            plan_version_id as "planVersionId", base_item_id as "baseItemId", metered_item_id as "meteredItemId",
            quantity, cancel_at_period_end as "cancelAtPeriodEnd", object ->> 'collection_method' as "collectionMethod"
          from subscriptions where lane = $1 and customer_id = $2 and subscription_id = $3`,
        types: ['smallint', 'uuid', 'text'],
      },
      asks.map(([{ lane, customerId }, subscriptionId]) => [lane, customerId, subscriptionId]),
    );
    return found.map(([row]) => row ?? null);
  },
);

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
export const hadPeriods = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, subscriptionId: string])[]) => {
    const found = await queryEach<{ billingPeriodId: string }>(
      trx,
      {
        sql: `select billing_period_id as "billingPeriodId" from billing_periods
          where lane = $1 and customer_id = $2 and subscription_id = $3 limit 1`,
        types: ['smallint', 'uuid', 'text'],
      },
      asks.map(([{ lane, customerId }, subscriptionId]) => [lane, customerId, subscriptionId]),
    );
    return found.map((rows) => rows.length > 0);
  },
);
