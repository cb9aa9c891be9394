import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export interface SentMeterUnits {
  readonly meterId: string;
  readonly stripeCustomerId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Whole meter units in messages that Stripe has accepted. */
  readonly units: bigint;
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
       p.ends_at as "endsAt", coalesce((
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
