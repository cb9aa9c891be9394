import type { CustomerKey } from '../domain/customer.ts';
import type { Flow, HeldBy, Opened } from '../domain/explanation.ts';
import type { LotState } from '../domain/pool-book.ts';
import type { Database, Transaction } from './database.ts';
import type { PoolsKey } from './pool-sums.ts';
import { query } from './query.ts';

export type MemberLot = LotState & { readonly member: string | null };

/** Lots in the order in which they are drawn: the open ones, or with the spent ones all. */
export async function lotsOf(
  on: Database | Transaction,
  { lane, customerId, poolIds }: PoolsKey,
  { spentToo }: { readonly spentToo: boolean },
): Promise<readonly MemberLot[]> {
  return query<MemberLot>(
    on,
    `select l.lot_id as "lotId", l.pool_id as "poolId", l.unit, l.source, l.category, l.priority,
       l.effective_at as "effectiveAt", l.expires_at as "expiresAt", l.created_at as "createdAt", l.features,
       l.only_hold_id as "onlyHoldId", l.billing_period_id as "billingPeriodId", l.origin_lot_id as "originLotId",
       l.granted, l.drawn, l.held, l.frozen, l.ended, l.moved, l.paid_minor as "paidMinor",
       l.paid_currency as "paidCurrency", l.grant_currency as "grantCurrency", l.source_type as "sourceType",
       l.source_id as "sourceId", p.member
     from lots l join pools p using (lane, customer_id, pool_id)
     where l.lane = $1 and l.customer_id = $2 and l.pool_id = any ($3::uuid[]) and (l.is_open or $4)
     order by l.priority, l.expires_at nulls last, l.category desc, l.effective_at, l.created_at, l.lot_id`,
    [lane, customerId, poolIds, spentToo],
  );
}

/** What became of the lots that nothing is left of. */
export async function spentLots(on: Database | Transaction, { lane, customerId, poolIds }: PoolsKey) {
  const [row] = await query<{ lots: string; granted: string; drawn: string; ended: string }>(
    on,
    `select count(*)::text as lots, coalesce(sum(granted), 0)::text as granted, coalesce(sum(drawn), 0)::text as drawn,
       coalesce(sum(ended), 0)::text as ended
     from lots where lane = $1 and customer_id = $2 and pool_id = any ($3::uuid[]) and not is_open`,
    [lane, customerId, poolIds],
  );
  return {
    lots: Number(row?.lots ?? '0'),
    granted: BigInt(row?.granted ?? '0'),
    drawn: BigInt(row?.drawn ?? '0'),
    ended: BigInt(row?.ended ?? '0'),
  };
}

const FLOW = `p.lot_id as "lotId", p.from_pool_id as "poolId", e.kind, p.from_kind as "from", p.to_kind as "to",
  coalesce(b.action, h.action) as action, sum(p.amount)::bigint as amount, count(distinct p.entry_id)::int as entries`;

/** An entry's action is that of its rate, of the usage it undoes, or of its hold. */
const JOINED = `postings p join journal_entries e using (lane, customer_id, entry_id)
  left join journal_entries r on r.lane = $1 and r.customer_id = $2 and r.entry_id = e.reversal_of
  left join burn_rates b on b.burn_rate_id = coalesce(e.burn_rate_id, r.burn_rate_id)
  left join holds h on e.source_type = 'hold' and h.lane = $1 and h.customer_id = $2
    and h.hold_id::text = split_part(e.source_id, '/', 1)`;

/** What moved in and out of these lots. */
export async function flowsOfLots(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  lotIds: readonly string[],
): Promise<readonly Flow[]> {
  return query<Flow>(
    on,
    `select ${FLOW}, null::uuid as "billingPeriodId" from ${JOINED}
     where p.lane = $1 and p.customer_id = $2 and p.lot_id = any ($3::uuid[])
     group by p.lot_id, p.from_pool_id, e.kind, p.from_kind, p.to_kind, coalesce(b.action, h.action)`,
    [lane, customerId, lotIds],
  );
}

/** What moved in and out of a customer's overage and debt. */
export async function flowsOfOwed(
  on: Database | Transaction,
  { lane, customerId, poolIds }: PoolsKey,
): Promise<readonly Flow[]> {
  return query<Flow>(
    on,
    `select ${FLOW}, case when p.from_kind = 'overage' then p.from_billing_period_id
       else p.to_billing_period_id end as "billingPeriodId" from ${JOINED}
     where p.lane = $1 and p.customer_id = $2 and p.from_pool_id = any ($3::uuid[])
       and (p.from_kind in ('overage', 'debt') or p.to_kind in ('overage', 'debt'))
     group by p.lot_id, p.from_pool_id, e.kind, p.from_kind, p.to_kind, coalesce(b.action, h.action),
       case when p.from_kind = 'overage' then p.from_billing_period_id else p.to_billing_period_id end`,
    [lane, customerId, poolIds],
  );
}

/** The entries that opened these lots. */
export async function openingsOf(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  lotIds: readonly string[],
): Promise<readonly Opened[]> {
  return query<Opened>(
    on,
    `select p.lot_id as "lotId", e.entry_id as "entryId", e.kind, e.actor, e.reason, e.effective_at as "effectiveAt",
       v.plan, v.version as "planVersion", e.stripe
     from postings p join journal_entries e using (lane, customer_id, entry_id)
       left join plan_versions v on v.plan_version_id = e.plan_version_id
     where p.lane = $1 and p.customer_id = $2 and p.lot_id = any ($3::uuid[]) and starts_with(p.from_kind, 'issued.')`,
    [lane, customerId, lotIds],
  );
}

/** Open holds that pin these lots. */
export async function holdsOn(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  lotIds: readonly string[],
): Promise<readonly HeldBy[]> {
  return query<HeldBy>(
    on,
    `select d.lot_id as "lotId", d.hold_id as "holdId", h.action, d.held as amount, h.expires_at as "expiresAt"
     from hold_draws d join holds h using (lane, customer_id, hold_id)
     where d.lane = $1 and d.customer_id = $2 and d.lot_id = any ($3::uuid[]) and d.held > 0 and h.state = 'open'
     order by h.expires_at, d.hold_id`,
    [lane, customerId, lotIds],
  );
}
