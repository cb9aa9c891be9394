// What a pool's lots want of Stripe's credit grants, read under the pool's lock.
import type { CustomerKey } from '../domain/customer.ts';
import type { LotNeed, PeriodNeed } from '../domain/grant-shaping.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export interface ProjectedPool {
  readonly poolId: string;
  readonly planVersionId: string;
  readonly meteredPriceId: string;
  readonly stripeCustomerId: string;
  readonly anchor: Date;
}

/**
 * How a pool is projected to Stripe; null for a pool without a priced metered subscription. A running subscription wins
 * over one that ended.
 */
export async function projectedPool(
  db: Database | Transaction,
  key: CustomerKey,
  poolId: string,
): Promise<ProjectedPool | null> {
  const [row] = await query<ProjectedPool>(
    db,
    `select o.pool_id as "poolId", s.plan_version_id as "planVersionId", v.stripe_metered_price_id as "meteredPriceId",
       c.stripe_customer_id as "stripeCustomerId", s.billing_anchor as anchor
     from pools o
     join customers c on c.lane = o.lane and c.customer_id = o.customer_id and c.stripe_customer_id is not null
     join subscriptions s on s.lane = o.lane and s.customer_id = o.customer_id and s.metered_item_id is not null
     join plan_versions v on v.plan_version_id = s.plan_version_id and v.unit = o.unit
       and v.stripe_metered_price_id is not null
     where o.lane = $1 and o.customer_id = $2 and o.pool_id = $3
     order by s.status in ('active', 'trialing', 'past_due') desc, s.billing_anchor desc
     limit 1`,
    [key.lane, key.customerId, poolId],
  );
  return row ?? null;
}

export async function lockPool(trx: Transaction, key: CustomerKey, poolId: string): Promise<void> {
  await query(trx, `select pool_id from pools where lane = $1 and customer_id = $2 and pool_id = $3 for update`, [
    key.lane,
    key.customerId,
    poolId,
  ]);
}

/** Open lots of the pool's unit in draw order, its members' too: Stripe knows one customer. */
export async function lotNeeds(
  db: Database | Transaction,
  key: CustomerKey,
  poolId: string,
): Promise<readonly LotNeed[]> {
  return query<LotNeed>(
    db,
    `select l.lot_id as "lotId", l.category, l.priority, l.effective_at as "effectiveAt", l.expires_at as "expiresAt",
       l.granted - l.drawn - l.ended as "leftMicro", exists (
         select from credit_grant_lots c
         where c.lane = $1 and c.customer_id = $2 and c.lot_id = l.lot_id) as "isCovered"
     from lots l
     where l.lane = $1 and l.customer_id = $2 and l.is_open and l.unit = (
       select o.unit from pools o where o.lane = $1 and o.customer_id = $2 and o.pool_id = $3)
     order by l.priority, l.expires_at nulls last, l.category desc, l.effective_at, l.created_at, l.lot_id`,
    [key.lane, key.customerId, poolId],
  );
}

/** What lots paid in a period whose invoice is final: all that was metered and not billed as overage. */
export async function finalUse(db: Database | Transaction, key: CustomerKey, billingPeriodId: string): Promise<bigint> {
  const [row] = await query<{ paidMicro: bigint }>(
    db,
    `select (coalesce((select sum(b.metered) from meter_buckets b
         where b.lane = $1 and b.customer_id = $2 and b.billing_period_id = $3), 0)
       - coalesce((select sum(p.amount) from journal_entries e join postings p on p.lane = e.lane
           and p.customer_id = e.customer_id and p.entry_id = e.entry_id
         where e.lane = $1 and e.customer_id = $2 and e.source_type = 'billing_period' and e.kind = 'overage.billed'
           and e.source_id = $3::uuid::text), 0))::bigint as "paidMicro"`,
    [key.lane, key.customerId, billingPeriodId],
  );
  return row?.paidMicro ?? 0n;
}

export interface OpenPeriod extends PeriodNeed {
  readonly billingPeriodId: string;
  readonly meteredPriceId: string | null;
  readonly overageMicro: bigint;
}

/** Customers' pools with overage in a period that is about to end: their grants must fit what lots paid. */
export async function poolsToReshape(
  db: Database,
  { now, fromMs, untilMs, limit }: { now: Date; fromMs: number; untilMs: number; limit: number },
): Promise<readonly (CustomerKey & { readonly poolId: string })[]> {
  return query(
    db,
    `select p.lane, p.customer_id as "customerId", p.pool_id as "poolId"
     from billing_periods p
     join accounts a on a.lane = p.lane and a.customer_id = p.customer_id and a.billing_period_id = p.billing_period_id
       and a.kind = 'overage' and a.balance < 0
     where p.lane between 0 and 63 and a.lane between 0 and 63 and p.state = 'open' and p.starts_at <= $1
       and p.ends_at >= $2 and p.ends_at <= $3
     group by 1, 2, 3 order by min(p.ends_at), 1, 2, 3 limit $4`,
    [now, new Date(now.getTime() + untilMs), new Date(now.getTime() + fromMs), limit],
  );
}

/**
 * Periods whose invoice is not final, and what lots paid in them: all that was metered but is not overage. Not those
 * whose price changed before their cycle's end: no grant reaches what Stripe asks for them.
 */
export async function periodNeeds(
  db: Database | Transaction,
  key: CustomerKey,
  poolId: string,
): Promise<readonly OpenPeriod[]> {
  return query<OpenPeriod>(
    db,
    `select p.billing_period_id as "billingPeriodId", v.stripe_metered_price_id as "meteredPriceId",
       p.starts_at as "startsAt", p.ends_at as "endsAt", (m.metered - o.overage)::bigint as "paidMicro", o.overage::bigint as "overageMicro"
     from billing_periods p
     join plan_versions v using (plan_version_id)
     cross join lateral (
       select coalesce(sum(b.metered), 0) as metered from meter_buckets b
       where b.lane = $1 and b.customer_id = $2 and b.billing_period_id = p.billing_period_id) m
     cross join lateral (
       select coalesce(-sum(a.balance), 0) as overage from accounts a
       where a.lane = $1 and a.customer_id = $2 and a.billing_period_id = p.billing_period_id and a.kind = 'overage') o
     where p.lane = $1 and p.customer_id = $2 and p.pool_id = $3 and p.state <> 'final'
       and p.superseded_by is null and not p.is_trial
     order by p.starts_at`,
    [key.lane, key.customerId, poolId],
  );
}
