// How much usage became how few meter events, and how old the oldest is that Stripe has not been told.
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface RollUpReport {
  /** Usage events that happened in the span, of customers whose plan Stripe meters. */
  readonly usageEvents: number;
  /** Meter events stamped in the span: sent, waiting and parked ones; repaired ones count once. */
  readonly meterEvents: number;
  /** Customers with usage in the span. */
  readonly customers: number;
  /** Customer and window pairs with usage: what the meter events grow with, unless usage comes late or is corrected. */
  readonly customerWindows: number;
}

/** Counts a span; both of its ends are to be ends of windows. */
export async function readRollUpReport(
  db: Database,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<RollUpReport> {
  const [row] = await query<RollUpReport>(
    db,
    `with buckets as (
       select b.customer_id, b.window_start from meter_buckets b
       join billing_periods p on p.lane = b.lane and p.customer_id = b.customer_id and p.billing_period_id = b.billing_period_id
       join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
       where not p.is_trial and b.lane between 0 and 63 and p.lane between 0 and 63 and b.window_start >= $1 and b.window_start < $2
     )
     select (select count(*) from usage_events e where e.lane between 0 and 63 and e.occurred_at >= $1 and e.occurred_at < $2
         and e.customer_id in (select customer_id from buckets))::int as "usageEvents",
       (select count(*) from outbox o where o.lane between 0 and 63 and o.call = 'meter_event' and o.state <> 'cancelled'
         and (o.request ->> 'timestamp')::bigint >= extract(epoch from $1::timestamptz)
         and (o.request ->> 'timestamp')::bigint < extract(epoch from $2::timestamptz))::int as "meterEvents",
       (select count(distinct customer_id) from buckets)::int as customers,
       (select count(*) from (select distinct customer_id, window_start from buckets) d)::int as "customerWindows"`,
    [from, to],
  );
  if (row === undefined) throw new Error('the report query returned no row');
  return row;
}

/** Seconds since the oldest usage that Stripe has not been told; 0 when it knows all. Stripe refuses what is 35 days old. */
export async function oldestUntoldUsage(db: Database): Promise<number> {
  const [row] = await query<{ seconds: number }>(
    db,
    `select coalesce(extract(epoch from coalesce((select instant from simulated_clock), clock_timestamp()) - least(
       (select min(b.last_at) from meter_buckets b
        join billing_periods p on p.lane = b.lane and p.customer_id = b.customer_id and p.billing_period_id = b.billing_period_id
        join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
        where b.lane between 0 and 63 and p.lane between 0 and 63 and not p.is_trial and b.metered <> b.rolled),
       (select to_timestamp(min((request ->> 'timestamp')::bigint)) from outbox
        where lane between 0 and 63 and call = 'meter_event' and state in ('pending', 'sending', 'unknown', 'parked'))
     )), 0)::float8 as seconds`,
  );
  return Math.max(0, Math.floor(row?.seconds ?? 0));
}
