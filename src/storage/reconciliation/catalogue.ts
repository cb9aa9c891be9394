import type { CustomerKey } from '../../domain/customer.ts';
import type { SubscribedItem } from '../../domain/reconciliation/catalogue.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';

const RUNNING = `('active', 'trialing', 'past_due', 'unpaid', 'paused')`;

/** Plan versions that a running subscription is to. */
export async function subscribedPlanVersions(db: Database): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select distinct plan_version_id as id from subscriptions
     where lane between 0 and 63 and plan_version_id is not null and status in ${RUNNING}`,
    [],
  );
  return new Set(rows.map(({ id }) => id));
}

/** The items of a customer's running subscriptions, those outside our plans included. */
export async function subscribedItems(
  db: Database,
  { lane, customerId }: CustomerKey,
): Promise<readonly SubscribedItem[]> {
  return query<SubscribedItem>(
    db,
    `select i ->> 'id' as "itemId", s.subscription_id as "subscriptionId", i -> 'price' ->> 'id' as "priceId",
       i -> 'price' -> 'recurring' ->> 'meter' as "meterId",
       coalesce(s.object ->> 'billing_thresholds', i ->> 'billing_thresholds') is not null as "hasThreshold", v.unit,
       case when v.plan_version_id is not null
         then array_remove(array[v.stripe_base_price_id, v.stripe_metered_price_id], null) end as "planPriceIds"
     from subscriptions s
     cross join lateral json_array_elements(s.object -> 'items' -> 'data') i
     left join plan_versions v on v.plan_version_id = s.plan_version_id
     where s.lane = $1 and s.customer_id = $2 and s.status in ${RUNNING}
     order by s.billing_anchor, s.subscription_id, 1`,
    [lane, customerId],
  );
}

/** Customers whose running subscriptions may count on our meters otherwise than by one item at a plan's price; at most 100. */
export async function oddlySubscribed(
  db: Database,
): Promise<readonly (CustomerKey & { readonly stripeCustomerId: string })[]> {
  return query(
    db,
    `select s.lane, s.customer_id as "customerId", c.stripe_customer_id as "stripeCustomerId"
     from subscriptions s
     join customers c on c.lane = s.lane and c.customer_id = s.customer_id
     cross join lateral json_array_elements(s.object -> 'items' -> 'data') i
     left join plan_versions v on v.plan_version_id = s.plan_version_id
     left join credit_units u on u.stripe_meter_id = i -> 'price' -> 'recurring' ->> 'meter'
     where s.lane between 0 and 63 and c.lane between 0 and 63 and s.status in ${RUNNING}
     group by s.lane, s.customer_id, c.stripe_customer_id
     having count(u.unit) > count(distinct u.unit)
       or bool_or(u.unit is not null and v.stripe_metered_price_id is distinct from i -> 'price' ->> 'id')
       or bool_or(coalesce(s.object ->> 'billing_thresholds', i ->> 'billing_thresholds') is not null)
     order by s.lane, s.customer_id limit 100`,
    [],
  );
}

/** The meters that count our credit units. */
export async function creditMeterIds(db: Database): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select stripe_meter_id as id from credit_units where stripe_meter_id is not null`,
    [],
  );
  return new Set(rows.map(({ id }) => id));
}
