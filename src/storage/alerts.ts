// Alerts with what is to be delivered of them, in the transaction that raises them.
import { type AlertKind, INTERNAL_ALERTS, QUIET_ALERTS } from '../domain/alert.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { grantAlerts } from '../domain/grant-alerts.ts';
import { HOOK_FORGOTTEN_AFTER_DAYS } from '../domain/hook.ts';
import type { PoolBook } from '../domain/pool-book.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface NewAlert extends CustomerKey {
  readonly alertId: string;
  /** null: of no pool; about the deployment where the customer is the nil customer */
  readonly poolId: string | null;
  readonly kind: AlertKind;
  readonly key: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Writes alerts whose key was never used before, each with a delivery for every channel; quiet ones only where somebody
 * listens. Returns how many deliveries those were.
 */
export async function insertAlerts(
  trx: Database | Transaction,
  raisedAt: Date,
  alerts: readonly NewAlert[],
): Promise<number> {
  if (alerts.length === 0) return 0;
  return execute(
    trx,
    `with listening as (
       select hook, kinds from hooks where seen_at > clock_timestamp() - make_interval(days => $11)
     ), raised as (
       insert into alerts (lane, customer_id, alert_id, pool_id, kind, key, data, raised_at)
       select *, $8 from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[])
         as given (lane, customer_id, alert_id, pool_id, kind, key, data)
       where kind <> all ($10::text[]) or exists (select from webhook_endpoints where state = 'active')
         or exists (select from listening where kinds is null or kind = any (kinds))
       on conflict (lane, customer_id, key) do nothing
       returning lane, customer_id, alert_id, kind
     ), channels as (
       select 'log' as channel, null::uuid as endpoint_id, null as hook, null::text[] as kinds
       union all select 'mail', null, null, null
       union all select 'webhook', endpoint_id, null, null from webhook_endpoints where state = 'active'
       union all select 'hook', null, hook, kinds from listening
     )
     insert into alert_deliveries (lane, customer_id, alert_id, channel, endpoint_id, hook, next_at, created_at)
     select lane, customer_id, alert_id, channel, endpoint_id, hook, clock_timestamp(), clock_timestamp()
     from raised cross join channels
     where raised.lane between 0 and 63 and not (channel = 'mail' and raised.kind = any ($9::text[]))
       and not (channel in ('mail', 'log') and raised.kind = any ($10::text[]))
       and (channels.kinds is null or raised.kind = any (channels.kinds))`,
    [
      alerts.map(({ lane }) => lane),
      alerts.map(({ customerId }) => customerId),
      alerts.map(({ alertId }) => alertId),
      alerts.map(({ poolId }) => poolId),
      alerts.map(({ kind }) => kind),
      alerts.map(({ key }) => key),
      alerts.map(({ data }) => JSON.stringify(data)),
      raisedAt,
      INTERNAL_ALERTS,
      QUIET_ALERTS,
      HOOK_FORGOTTEN_AFTER_DAYS,
    ],
  );
}

/** The alerts that decisions noted in these books, and what became of their grants. */
export async function saveAlerts(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  const noted = books.flatMap((book) =>
    [...book.changes.alerts, ...grantAlerts(book)].map((alert) => ({
      ...book.customer,
      poolId: book.poolId,
      ...alert,
    })),
  );
  await insertAlerts(trx, now, noted);
}

export interface StoredAlert extends NewAlert {
  readonly raisedAt: Date;
  readonly deliveries: readonly {
    readonly delivery_id: string;
    readonly channel: string;
    readonly endpoint_id: string | null;
    readonly hook: string | null;
    readonly state: string;
    readonly attempts: number;
    readonly response_status: number | null;
    readonly outcome: string | null;
    readonly finished_at: string | null;
  }[];
}

/** Alerts, the newest first, with what became of each delivery. */
export async function listAlerts(
  db: Database,
  only: {
    readonly customer: CustomerKey | null;
    readonly kind: string | null;
    readonly limit: number;
    readonly after?: string | null;
  },
): Promise<readonly StoredAlert[]> {
  return query<StoredAlert>(
    db,
    `select a.lane, a.customer_id as "customerId", a.alert_id as "alertId", a.pool_id as "poolId", a.kind, a.key, a.data,
       a.raised_at as "raisedAt", coalesce((
         select jsonb_agg(jsonb_build_object('delivery_id', d.delivery_id, 'channel', d.channel, 'endpoint_id',
           d.endpoint_id, 'hook', d.hook, 'state', d.state, 'attempts', d.attempts, 'response_status', d.response_status, 'outcome',
           d.outcome, 'finished_at', d.finished_at) order by d.channel, d.delivery_id)
         from alert_deliveries d where d.lane = a.lane and d.customer_id = a.customer_id and d.alert_id = a.alert_id),
         '[]') as deliveries
     from alerts a
     where a.lane between 0 and 63 and ($1::uuid is null or a.customer_id = $1) and ($2::text is null or a.kind = $2)
       and ($4::uuid is null or (a.raised_at, a.alert_id) < (select b.raised_at, b.alert_id from alerts b
         where b.lane between 0 and 63 and b.alert_id = $4))
     order by a.raised_at desc, a.alert_id desc limit $3`,
    [only.customer?.customerId ?? null, only.kind, only.limit, only.after ?? null],
  );
}

export interface HourlyUse {
  readonly customerId: string;
  readonly poolId: string;
  readonly thisHour: bigint;
  readonly before: bigint;
  readonly hoursBefore: number;
}

/** What these pools metered in this hour, and in up to seven days before it. */
export async function hourlyUse(
  trx: Transaction,
  customers: readonly CustomerKey[],
  now: Date,
): Promise<readonly HourlyUse[]> {
  const hour = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000);
  return query<HourlyUse>(
    trx,
    `select p.customer_id as "customerId", p.pool_id as "poolId",
       coalesce(sum(b.metered) filter (where b.window_start >= $3), 0)::bigint as "thisHour",
       coalesce(sum(b.metered) filter (where b.window_start < $3), 0)::bigint as before,
       coalesce(extract(epoch from $3 - greatest(min(b.window_start), $3 - interval '7 days')) / 3600, 0)::float8 as "hoursBefore"
     from billing_periods p
     join meter_buckets b on b.lane = p.lane and b.customer_id = p.customer_id and b.billing_period_id = p.billing_period_id
     where p.lane = any ($1::smallint[]) and p.customer_id = any ($2::uuid[]) and b.window_start >= $3 - interval '7 days'
     group by p.customer_id, p.pool_id`,
    [[...new Set(customers.map(({ lane }) => lane))], customers.map(({ customerId }) => customerId), hour],
  );
}
