import type { CustomerKey } from '../../domain/customer.ts';
import type { MeterMessage, PeriodUsage } from '../../domain/reconciliation/usage.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';

export interface UsageHere extends Omit<PeriodUsage, 'messages'> {
  readonly meterId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/**
 * Billing periods with their metered use, those that are not final or that ended since an instant; all of them without
 * one. Waiting: metered in windows that ended no longer ago than the meter lag.
 */
export async function meteredPeriods(
  db: Database,
  { lane, customerId }: CustomerKey,
  { now, since, windowMinutes, lagMs }: { now: Date; since: Date | null; windowMinutes: number; lagMs: number },
): Promise<readonly UsageHere[]> {
  return query<UsageHere>(
    db,
    `select p.billing_period_id as "billingPeriodId", p.unit, u.meter_unit_micro as "meterUnitMicro",
       p.state = 'final' as "isFinal", p.rolled_micro as "rolledMicro", p.emitted_units as "emittedUnits",
       coalesce(p.taken_over_units, 0) as "takenOverUnits",
       u.stripe_meter_id as "meterId", p.starts_at as "startsAt", p.ends_at as "endsAt",
       coalesce((select sum(b.metered - b.rolled) from meter_buckets b
         where b.lane = p.lane and b.customer_id = p.customer_id and b.billing_period_id = p.billing_period_id
           and ${WINDOW_END} > $3::timestamptz - make_interval(secs => $6)), 0)::bigint as "waitingMicro"
     from billing_periods p
     join credit_units u on u.unit = p.unit and u.stripe_meter_id is not null
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     where p.lane = $1 and p.customer_id = $2 and p.starts_at <= $3 and not p.is_trial
       and ($4::timestamptz is null or p.state <> 'final' or p.ends_at >= $4::timestamptz - interval '7 days')
     order by p.starts_at`,
    [lane, customerId, now, since, windowMinutes, lagMs / 1000],
  );
}

const WINDOW_END = `least(b.window_start + make_interval(mins => $5), p.ends_at)`;

/** Messages to the meter by billing period, those that were taken back left out. */
export async function meterMessages(
  db: Database,
  { lane, customerId }: CustomerKey,
): Promise<ReadonlyMap<string, readonly MeterMessage[]>> {
  const rows = await query<MeterMessage & { readonly billingPeriodId: string }>(
    db,
    `select billing_period_id as "billingPeriodId", key, (request -> 'payload' ->> 'value')::bigint as value,
       state = 'done' as "isDone",
       (extract(epoch from clock_timestamp() - coalesce(finished_at, created_at)) * 1000)::float8 as "ageMs"
     from outbox
     where lane = $1 and customer_id = $2 and queue = 'meter' and call = 'meter_event' and state <> 'cancelled'
       and billing_period_id is not null
     order by outbox_id`,
    [lane, customerId],
  );
  return Map.groupBy(rows, ({ billingPeriodId }) => billingPeriodId);
}
