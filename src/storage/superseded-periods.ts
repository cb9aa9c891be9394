// Billing periods that ended because their metered price changed in the middle of a cycle.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface SupersededPeriod extends CustomerKey {
  readonly billingPeriodId: string;
  readonly poolId: string;
  readonly subscriptionId: string;
  readonly planVersionId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** When its cycle ends, and with it what Stripe adds to the cycle's invoice. */
  readonly cycleEndsAt: Date;
  readonly stripeCustomerId: string;
  readonly meteredPriceId: string;
  readonly emittedUnits: bigint;
  /** What lots paid in it, micro-credits. */
  readonly paidMicro: bigint;
}

const ALL_LANES = Array.from({ length: 64 }, (_, lane) => lane);

/** Those of which what Stripe asks was not compared with what is owed yet; one of them or all. */
export async function supersededPeriods(
  db: Database,
  { limit, only }: { readonly limit: number; readonly only?: CustomerKey & { readonly billingPeriodId: string } },
): Promise<readonly SupersededPeriod[]> {
  return query<SupersededPeriod>(
    db,
    `select p.lane, p.customer_id as "customerId", p.billing_period_id as "billingPeriodId", p.pool_id as "poolId",
       p.subscription_id as "subscriptionId", p.plan_version_id as "planVersionId", p.starts_at as "startsAt",
       p.ends_at as "endsAt", n.ends_at as "cycleEndsAt", c.stripe_customer_id as "stripeCustomerId",
       v.stripe_metered_price_id as "meteredPriceId", p.emitted_units as "emittedUnits", (m.metered - o.overage)::bigint as "paidMicro"
     from billing_periods p
     join billing_periods n on n.lane = p.lane and n.customer_id = p.customer_id
       and n.billing_period_id = p.superseded_by
     join customers c on c.lane = p.lane and c.customer_id = p.customer_id and c.stripe_customer_id is not null
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     cross join lateral (
       select coalesce(sum(b.metered), 0) as metered from meter_buckets b
       where b.lane = p.lane and b.customer_id = p.customer_id and b.billing_period_id = p.billing_period_id) m
     cross join lateral (
       select coalesce(-sum(a.balance), 0) as overage from accounts a
       where a.lane = p.lane and a.customer_id = p.customer_id and a.billing_period_id = p.billing_period_id
         and a.kind = 'overage') o
     where p.lane = any($1::smallint[]) and ($2::uuid is null or p.customer_id = $2)
       and ($3::uuid is null or p.billing_period_id = $3) and p.superseded_by is not null
       and p.change_settled_at is null and p.state = 'cut_off'
     order by p.ends_at limit $4`,
    [only === undefined ? ALL_LANES : [only.lane], only?.customerId ?? null, only?.billingPeriodId ?? null, limit],
  );
}

/** Notes that nothing is left to be taken back of what Stripe asks for the period. */
export async function noteChangeSettled(
  trx: Transaction,
  { lane, customerId, billingPeriodId }: CustomerKey & { readonly billingPeriodId: string },
  at: Date,
): Promise<void> {
  await execute(
    trx,
    `update billing_periods set change_settled_at = $4 where lane = $1 and customer_id = $2 and billing_period_id = $3`,
    [lane, customerId, billingPeriodId, at],
  );
}

/** The metered prices that were left in the middle of the cycle which a settlement is of. */
export async function leftPrices(
  db: Database,
  {
    lane,
    customerId,
    billingPeriodId,
    invoiceId,
  }: CustomerKey & { readonly billingPeriodId: string; readonly invoiceId: string },
): Promise<readonly string[]> {
  const rows = await query<{ priceId: string }>(
    db,
    `select distinct v.stripe_metered_price_id as "priceId"
     from billing_periods p
     join billing_periods s on s.lane = p.lane and s.customer_id = p.customer_id and s.subscription_id = p.subscription_id
       and s.billing_period_id = $3
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     where p.lane = $1 and p.customer_id = $2 and p.superseded_by is not null and p.ends_at <= s.ends_at
       and (p.state <> 'final' or p.invoice_id = $4)`,
    [lane, customerId, billingPeriodId, invoiceId],
  );
  return rows.map(({ priceId }) => priceId);
}
