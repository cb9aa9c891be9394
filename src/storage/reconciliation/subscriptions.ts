import type { CustomerKey } from '../../domain/customer.ts';
import type { RemovedSeats } from '../../domain/reconciliation/seats.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';

/** Running periods of subscriptions that have fewer seats now than they had in it; their credits are a plan's own. */
export async function removedSeats(
  db: Database,
  { lane, customerId }: CustomerKey,
  now: Date,
): Promise<readonly RemovedSeats[]> {
  return query<RemovedSeats>(
    db,
    `select p.billing_period_id as "billingPeriodId", p.starts_at as "startsAt", p.ends_at as "endsAt",
       v.stripe_base_price_id as "basePriceId", v.currency,
       (v.content ->> 'baseAmountMinor')::bigint as "baseAmountMinor",
       ((v.content ->> 'includedCredits')::numeric * 1000000)::bigint as "includedMicro"
     from billing_periods p
     join subscriptions s on s.lane = p.lane and s.customer_id = p.customer_id and s.subscription_id = p.subscription_id
       and s.quantity < p.seats
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_base_price_id is not null
     where p.lane = $1 and p.customer_id = $2 and p.starts_at <= $3 and p.ends_at > $3 and p.superseded_by is null
     order by p.starts_at`,
    [lane, customerId, now],
  );
}

export interface SubscribedTwice extends CustomerKey {
  readonly unit: string;
  /** The one that is followed is the last. */
  readonly subscriptionIds: readonly string[];
  /** How many of them count on the unit's meter. */
  readonly metered: number;
}

/** Customers with two subscriptions to plans of one unit that may be spent on; one customer or all. */
export async function subscribedTwice(db: Database, only: CustomerKey | null): Promise<readonly SubscribedTwice[]> {
  return query<SubscribedTwice>(
    db,
    `select s.lane, s.customer_id as "customerId", v.unit,
       array_agg(s.subscription_id order by s.metered_item_id is not null, s.billing_anchor, s.subscription_id) as "subscriptionIds",
       count(s.metered_item_id)::integer as metered
     from subscriptions s
     join plan_versions v on v.plan_version_id = s.plan_version_id and v.stripe_metered_price_id is not null
     where s.lane between $1 and $2 and ($3::uuid is null or s.customer_id = $3)
       and s.status in ('active', 'trialing', 'past_due')
     group by s.lane, s.customer_id, v.unit having count(*) > 1 order by s.lane, s.customer_id limit 100`,
    [only?.lane ?? 0, only?.lane ?? 63, only?.customerId ?? null],
  );
}
