import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface SentMeterUnits {
  readonly meterId: string;
  readonly stripeCustomerId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Whole meter units that Stripe has accepted from us, and what it had counted before the customer was taken over. */
  readonly units: bigint;
  /** Of these, what it had counted before. */
  readonly takenOverUnits: bigint;
}

/** What Stripe was told of one billing period; null before the meter exists there. */
export async function sentMeterUnits(
  db: Database | Transaction,
  key: CustomerKey,
  billingPeriodId: string,
): Promise<SentMeterUnits | null> {
  const [row] = await query<SentMeterUnits>(
    db,
    `select u.stripe_meter_id as "meterId", c.stripe_customer_id as "stripeCustomerId", p.starts_at as "startsAt",
       p.ends_at as "endsAt", coalesce(p.taken_over_units, 0) as "takenOverUnits", coalesce(p.taken_over_units, 0) + coalesce((
         select sum((o.request -> 'payload' ->> 'value')::bigint) from outbox o
         where o.lane = $1 and o.customer_id = $2 and o.billing_period_id = $3 and o.queue = 'meter'
           and o.call = 'meter_event' and o.state = 'done'), 0)::bigint as units
     from billing_periods p
     join customers c on c.lane = p.lane and c.customer_id = p.customer_id and c.stripe_customer_id is not null
     join credit_units u on u.unit = p.unit and u.stripe_meter_id is not null
     where p.lane = $1 and p.customer_id = $2 and p.billing_period_id = $3`,
    [key.lane, key.customerId, billingPeriodId],
  );
  return row ?? null;
}

export interface AcceptedMeterEvent {
  readonly outboxId: bigint;
  readonly billingPeriodId: string;
  readonly request: MeterEventFields;
  readonly identifier: string;
  readonly value: bigint;
  readonly stampedAt: Date;
  readonly ageSeconds: number;
}

/** A meter event as it was sent. */
export interface MeterEventFields {
  readonly event_name: string;
  readonly payload: { readonly stripe_customer_id: string; readonly value: string };
  readonly timestamp: number;
}

/** Meter events that Stripe has accepted, stamped inside a span. */
export async function meterEventsSentWithin(
  db: Database,
  key: CustomerKey,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly AcceptedMeterEvent[]> {
  return query<AcceptedMeterEvent>(
    db,
    `select o.outbox_id as "outboxId", o.billing_period_id as "billingPeriodId", o.request,
       o.request ->> 'identifier' as identifier, (o.request -> 'payload' ->> 'value')::bigint as value,
       to_timestamp((o.request ->> 'timestamp')::bigint) as "stampedAt",
       extract(epoch from clock_timestamp() - o.first_sent_at)::float8 as "ageSeconds"
     from outbox o
     where o.lane = $1 and o.customer_id = $2 and o.queue = 'meter' and o.call = 'meter_event' and o.state = 'done'
       and (o.request ->> 'timestamp')::bigint >= extract(epoch from $3::timestamptz)
       and (o.request ->> 'timestamp')::bigint < extract(epoch from $4::timestamptz)
     order by o.outbox_id`,
    [key.lane, key.customerId, from, to],
  );
}

/** A swallowed event no longer counts as sent: another one takes its place. */
export async function supersedeMeterEvent(
  trx: Transaction,
  key: CustomerKey,
  outboxId: bigint,
  by: string,
): Promise<void> {
  await execute(
    trx,
    `update outbox set state = 'cancelled', outcome = $4 where lane = $1 and customer_id = $2 and outbox_id = $3`,
    [key.lane, key.customerId, outboxId, `swallowed, sent again as ${by}`],
  );
}

/**
 * Parks messages that Stripe had taken and then could not count, with its reason; returns how many. A retry sends them
 * under another key, since Stripe may answer the old one with what it said first.
 */
export async function parkReported(
  db: Database,
  lanes: readonly number[],
  errors: readonly { readonly identifier: string; readonly code: string; readonly message: string }[],
  /** When Stripe looked: what was sent again since then is not meant. Clocks may differ by a minute. */
  lookedAt: Date,
): Promise<number> {
  if (lanes.length === 0) return 0;
  return execute(
    db,
    `update outbox o set state = 'parked', outcome = 'reported later: ' || e.code || ' ' || e.message, epoch = o.epoch + 1,
       finished_at = null, parked_at = clock_timestamp()
     from unnest($2::text[], $3::text[], $4::text[]) as e (identifier, code, message)
     where o.lane = any($1::smallint[]) and o.key = e.identifier and o.call = 'meter_event' and o.state = 'done'
       and o.finished_at <= $5::timestamptz + interval '1 minute'`,
    [
      lanes,
      errors.map(({ identifier }) => identifier),
      errors.map(({ code }) => code),
      errors.map(({ message }) => message),
      lookedAt,
    ],
  );
}
