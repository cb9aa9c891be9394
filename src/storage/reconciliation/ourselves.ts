import type { CustomerKey } from '../../domain/customer.ts';
import type { Ourselves, WaitingStripeEvent } from '../../domain/reconciliation/ourselves.ts';
import { clearingItems } from '../clearing.ts';
import type { Database } from '../database.ts';
import { execute, query } from '../query.ts';

/** Use of a period that was cut off and has no final invoice, or that nobody will ever bill. */
export interface UnbilledUsage {
  readonly billingPeriodId: string;
  readonly planVersionId: string;
  /** When its cycle ended. */
  readonly endsAt: Date;
  /** What lots did not pay. */
  readonly overageMicro: bigint;
}

/** What lies about on our side of one customer; the ledger's own breaches come from its verification. */
export async function readOurselves(
  db: Database,
  { lane, customerId }: CustomerKey,
  { now, windowMinutes, lagMs }: { readonly now: Date; readonly windowMinutes: number; readonly lagMs: number },
): Promise<Omit<Ourselves, 'breaches' | 'unbilled'> & { readonly unbilled: readonly UnbilledUsage[] }> {
  const key = [lane, customerId] as const;
  const messages = await query<Ourselves['messages'][number]>(
    db,
    `select outbox_id as "outboxId", call, state, outcome,
       (case when next_at > clock_timestamp() + interval '1 hour' then 0
         else extract(epoch from clock_timestamp() - created_at) * 1000 end)::float8 as "dueMs"
     from outbox where lane = $1 and customer_id = $2 and state in ('pending', 'sending', 'unknown', 'parked')
     order by outbox_id`,
    key,
  );
  const holds = await query<Ourselves['holds'][number]>(
    db,
    `select hold_id as "holdId", expires_at as "expiresAt" from holds
     where lane = $1 and customer_id = $2 and state = 'open' and expires_at <= $3 order by hold_id`,
    [...key, now],
  );
  const periods = await query<Ourselves['periods'][number]>(
    db,
    `select billing_period_id as "billingPeriodId", cut_off_at as "cutOffAt" from billing_periods
     where lane = $1 and customer_id = $2 and state = 'open' and cut_off_at <= $3 order by cut_off_at`,
    [...key, now],
  );
  const unbilled = await unbilledUsage(db, key, now);
  const unrolled = await query<Ourselves['unrolled'][number]>(
    db,
    `select p.billing_period_id as "billingPeriodId", p.unit, sum(b.metered - b.rolled)::bigint as micro
     from billing_periods p
     join meter_buckets b on b.lane = p.lane and b.customer_id = p.customer_id
       and b.billing_period_id = p.billing_period_id and b.metered <> b.rolled
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     where p.lane = $1 and p.customer_id = $2 and not p.is_trial
       and least(b.window_start + make_interval(mins => $4), p.ends_at) <= $3::timestamptz - make_interval(secs => $5)
     group by p.billing_period_id, p.unit having sum(b.metered - b.rolled) <> 0 order by p.billing_period_id`,
    [...key, now, windowMinutes, lagMs / 1000],
  );
  return {
    messages,
    holds,
    periods,
    unbilled,
    unrolled,
    clearing: await clearingItems(db, { lane, customerId }),
    twins: await twins(db, key),
  };
}

async function unbilledUsage(
  db: Database,
  key: readonly [number, string],
  now: Date,
): Promise<readonly UnbilledUsage[]> {
  return query<UnbilledUsage>(
    db,
    `select p.billing_period_id as "billingPeriodId", p.plan_version_id as "planVersionId",
       coalesce(n.ends_at, p.ends_at) as "endsAt", o.overage::bigint as "overageMicro"
     from billing_periods p
     left join billing_periods n on n.lane = p.lane and n.customer_id = p.customer_id
       and n.billing_period_id = p.superseded_by
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     cross join lateral (
       select coalesce(-sum(a.balance), 0) as overage from accounts a
       where a.lane = $1 and a.customer_id = $2 and a.billing_period_id = p.billing_period_id
         and a.kind in ('overage', 'written_off')) o
     where p.lane = $1 and p.customer_id = $2 and (p.state = 'cut_off' or p.never_billed_at is not null)
       and (p.emitted_units > 0 or o.overage > 0) and p.ends_at <= $3
     order by p.ends_at`,
    [...key, now],
  );
}

async function twins(db: Database, key: readonly [number, string]): Promise<Ourselves['twins']> {
  return query<Ourselves['twins'][number]>(
    db,
    `select source, event_id as "eventId", count(*)::int as count from usage_events
     where lane = $1 and customer_id = $2 group by source, event_id having count(*) > 1 order by source, event_id limit 100`,
    key,
  );
}

const EVENTS_MAX = 1_000;

/** Events of Stripe that are not applied. */
export async function waitingStripeEvents(db: Database): Promise<readonly WaitingStripeEvent[]> {
  return query<WaitingStripeEvent>(
    db,
    `select event_id as "eventId", type, state, outcome,
       (extract(epoch from clock_timestamp() - received_at) * 1000)::float8 as "ageMs"
     from stripe_events where state in ('received', 'parked') order by received_at, event_id limit $1`,
    [EVENTS_MAX],
  );
}

/** Ids of Stripe objects that an event in the inbox is about. */
export async function waitingObjects(db: Database): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select distinct object_id as id from stripe_events where state = 'received' and object_id is not null limit $1`,
    [100 * EVENTS_MAX],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Makes messages due that were never sent: the relay takes them at its next turn. Returns how many. */
export async function wakeUnsent(db: Database, { lane, customerId }: CustomerKey): Promise<number> {
  return execute(
    db,
    `update outbox set next_at = clock_timestamp()
     where lane = $1 and customer_id = $2 and state = 'pending' and first_sent_at is null
       and created_at < clock_timestamp() - interval '1 hour'`,
    [lane, customerId],
  );
}
