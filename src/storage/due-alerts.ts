// What time alone makes worth telling: read by a job, over plans that ask for it.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface ExpiringLot extends CustomerKey {
  readonly poolId: string;
  readonly lotId: string;
  readonly expiresAt: Date;
  readonly remaining: bigint;
  /** The notices that the plan gives, in days. */
  readonly notices: readonly number[];
}

/** Lots with something left that end within the longest notice of their plan. */
export async function expiringLots(db: Database, now: Date): Promise<readonly ExpiringLot[]> {
  return query<ExpiringLot>(
    db,
    `select l.lane, l.customer_id as "customerId", l.pool_id as "poolId", l.lot_id as "lotId", l.expires_at as "expiresAt",
       (l.granted - l.drawn - l.held - l.frozen - l.ended)::bigint as remaining,
       v.content -> 'policy' -> 'alerts' -> 'expiringDays' as notices
     from lots l
     join pools p on p.lane = l.lane and p.customer_id = l.customer_id and p.pool_id = l.pool_id
     join plan_versions v on v.plan_version_id = p.plan_version_id
     where l.lane between 0 and 63 and p.lane between 0 and 63 and l.is_open and l.only_hold_id is null
       and l.effective_at <= $1 and l.expires_at > $1
       and l.expires_at <= $1 + make_interval(days => coalesce((v.content #>> '{policy,alerts,expiringDays,0}')::int, 0))
       and l.granted > l.drawn + l.held + l.frozen + l.ended`,
    [now],
  );
}

export interface PoolPace extends CustomerKey {
  readonly poolId: string;
  readonly lastAt: Date;
  /** Metered in the last seven days. */
  readonly used: bigint;
  readonly available: bigint;
  readonly billingPeriodId: string;
  readonly silenceHours: number | null;
  readonly daysLeft: number | null;
}

/** Customers' own pools with use in the last days, and with plans that watch for silence or the days left. */
export async function poolPaces(db: Database, now: Date): Promise<readonly PoolPace[]> {
  return query<PoolPace>(
    db,
    `select p.lane, p.customer_id as "customerId", p.pool_id as "poolId", u.last_at as "lastAt", u.used,
       coalesce((select a.balance from accounts a where a.lane = p.lane and a.customer_id = p.customer_id
         and a.pool_id = p.pool_id and a.kind = 'available' and a.unit = p.unit), 0) as available,
       r.billing_period_id as "billingPeriodId", (w.rules ->> 'silenceHours')::int as "silenceHours",
       (w.rules ->> 'daysLeft')::int as "daysLeft"
     from pools p
     join plan_versions v on v.plan_version_id = p.plan_version_id
     cross join lateral (select v.content #> '{policy,alerts}' as rules) w
     join billing_periods r on r.lane = p.lane and r.customer_id = p.customer_id and r.pool_id = p.pool_id
       and r.starts_at <= $1 and r.ends_at > $1
     cross join lateral (
       select max(b.last_at) as last_at, coalesce(sum(b.metered) filter (where b.window_start > $1 - interval '7 days'), 0)::bigint as used
       from billing_periods q
       join meter_buckets b on b.lane = q.lane and b.customer_id = q.customer_id and b.billing_period_id = q.billing_period_id
       where q.lane = p.lane and q.customer_id = p.customer_id and q.pool_id = p.pool_id and q.ends_at > $1 - interval '40 days'
     ) u
     where p.lane between 0 and 63 and r.lane between 0 and 63 and p.member is null and p.state = 'active'
       and u.last_at is not null and (w.rules ->> 'silenceHours' is not null or w.rules ->> 'daysLeft' is not null)`,
    [now],
  );
}
