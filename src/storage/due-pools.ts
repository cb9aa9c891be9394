import type { CustomerKey } from '../domain/customer.ts';
import { now } from './clock.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

/**
 * Customers whose pools time has moved past: a period to cut off or to follow, a hold overdue, a lot expired. Bounded by
 * `limit`; a pool that was caught up is no longer found. Of several subscriptions a pool follows the last one.
 */
export async function duePools(db: Database, limit: number): Promise<readonly CustomerKey[]> {
  const at = await now(db);
  return query<CustomerKey>(
    db,
    `select distinct lane, customer_id as "customerId" from (
       select lane, customer_id from holds where lane between 0 and 63 and state = 'open' and expires_at <= $1
       union all
       select lane, customer_id from billing_periods
         where lane between 0 and 63 and state = 'open' and cut_off_at <= $1
       union all
       select p.lane, p.customer_id from billing_periods p
         join subscriptions s using (lane, customer_id, subscription_id)
         where p.lane between 0 and 63 and p.state = 'open' and p.ends_at <= $1
           and s.status in ('active', 'trialing', 'past_due') and not s.cancel_at_period_end
           and not exists (select from billing_periods n where n.lane = p.lane and n.customer_id = p.customer_id
             and n.subscription_id = p.subscription_id and n.starts_at >= p.ends_at)
           and not exists (select from subscriptions o where o.lane = s.lane and o.customer_id = s.customer_id
             and o.plan_version_id is not null and o.status not in ('canceled', 'incomplete_expired')
             and (o.billing_anchor, o.subscription_id) > (s.billing_anchor, s.subscription_id))
       union all
       select l.lane, l.customer_id from lots l
         where l.lane between 0 and 63 and l.is_open and l.expires_at <= $1
           and l.granted > l.drawn + l.held + l.frozen + l.ended
           and not exists (select from billing_periods p where p.lane = l.lane and p.customer_id = l.customer_id
             and p.unit = l.unit and p.state = 'open' and p.ends_at <= $1)
       union all
       select lane, customer_id from billing_periods
         where lane between 0 and 63 and state = 'open' and freeze_at <= $1 and ends_at > $1 and frozen_at is null
           and fee_paid_at is null
     ) as due limit $2`,
    [at, limit],
  );
}
