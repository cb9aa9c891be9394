import { type CustomerKey, EVERY_LANE } from '../domain/customer.ts';
import type { MeterBucket, MeterDelta, MeterPeriod } from '../domain/meter.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface WaitingPeriod extends CustomerKey {
  readonly billingPeriodId: string;
  readonly poolId: string;
}

/**
 * Billing periods with usage that Stripe has not been told: from windows that have ended, or, on `flush`, from all.
 * Plans without a metered price are not projected, and trials not billed.
 */
export async function periodsToRollUp(
  db: Database,
  {
    now,
    windowMinutes,
    flush,
    limit,
    only,
  }: {
    readonly now: Date;
    readonly windowMinutes: number;
    readonly flush: boolean;
    readonly limit: number;
    readonly only?: CustomerKey & { readonly billingPeriodId: string };
  },
): Promise<readonly WaitingPeriod[]> {
  return query<WaitingPeriod>(
    db,
    `select p.lane, p.customer_id as "customerId", p.billing_period_id as "billingPeriodId", p.pool_id as "poolId"
     from billing_periods p
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     join customers c on c.lane = p.lane and c.customer_id = p.customer_id and c.stripe_customer_id is not null
     where p.lane = any($1::smallint[]) and not p.is_trial and ($2::uuid is null or p.customer_id = $2)
       and ($3::uuid is null or p.billing_period_id = $3)
       and exists (
         select from meter_buckets b
         where b.lane = p.lane and b.customer_id = p.customer_id and b.billing_period_id = p.billing_period_id
           and b.metered <> b.rolled and ($4 or p.ends_at <= $5 or b.window_start <= $5::timestamptz - make_interval(mins => $6)))
     limit $7`,
    [
      only === undefined ? EVERY_LANE : [only.lane],
      only?.customerId ?? null,
      only?.billingPeriodId ?? null,
      flush,
      now,
      windowMinutes,
      limit,
    ],
  );
}

export interface LockedPeriod extends MeterPeriod {
  readonly meterUnitMicro: bigint;
  readonly eventName: string;
  readonly stripeCustomerId: string;
}

/** Locks a period's counters, after its pool, which burns lock first; null when there is no such period. */
export async function lockMeterPeriod(trx: Transaction, period: WaitingPeriod): Promise<LockedPeriod | null> {
  await query(trx, `select pool_id from pools where lane = $1 and customer_id = $2 and pool_id = $3 for update`, [
    period.lane,
    period.customerId,
    period.poolId,
  ]);
  const [row] = await query<LockedPeriod>(
    trx,
    `select p.lane, p.billing_period_id as "billingPeriodId", p.starts_at as "startsAt", p.ends_at as "endsAt",
       p.rolled_micro as "rolledMicro", p.emitted_units as "emittedUnits", u.meter_unit_micro as "meterUnitMicro",
       u.event_name as "eventName", c.stripe_customer_id as "stripeCustomerId"
     from billing_periods p
     join customers c on c.lane = p.lane and c.customer_id = p.customer_id
     join credit_units u on u.unit = p.unit
     where p.lane = $1 and p.customer_id = $2 and p.billing_period_id = $3 and c.stripe_customer_id is not null
     for update of p`,
    [period.lane, period.customerId, period.billingPeriodId],
  );
  return row ?? null;
}

/** The period's buckets with something to tell, in the order of their windows. */
export async function waitingBuckets(trx: Transaction, period: WaitingPeriod): Promise<readonly MeterBucket[]> {
  return query<MeterBucket>(
    trx,
    `select window_start as "windowStart", metered, rolled, last_at as "lastAt", sequence
     from meter_buckets
     where lane = $1 and customer_id = $2 and billing_period_id = $3 and metered <> rolled
     order by window_start for update`,
    [period.lane, period.customerId, period.billingPeriodId],
  );
}

/** Notes what was rolled up, per bucket and in sum. */
export async function saveRollUp(
  trx: Transaction,
  period: WaitingPeriod,
  buckets: readonly MeterBucket[],
  rolled: { readonly deltas: readonly MeterDelta[]; readonly rolledMicro: bigint; readonly emittedUnits: bigint },
): Promise<void> {
  const sequences = new Map(rolled.deltas.map((delta) => [delta.windowStart.getTime(), delta.sequence]));
  await execute(
    trx,
    `update meter_buckets b set rolled = b.metered, sequence = n.sequence
     from unnest($4::timestamptz[], $5::int[]) as n (window_start, sequence)
     where b.lane = $1 and b.customer_id = $2 and b.billing_period_id = $3 and b.window_start = n.window_start`,
    [
      period.lane,
      period.customerId,
      period.billingPeriodId,
      buckets.map((bucket) => bucket.windowStart),
      buckets.map((bucket) => sequences.get(bucket.windowStart.getTime()) ?? bucket.sequence),
    ],
  );
  await execute(
    trx,
    `update billing_periods set rolled_micro = $4, emitted_units = $5
     where lane = $1 and customer_id = $2 and billing_period_id = $3`,
    [period.lane, period.customerId, period.billingPeriodId, rolled.rolledMicro, rolled.emittedUnits],
  );
}
