import type { CustomerKey } from '../../domain/customer.ts';
import type { GrantHere, MovementHere } from '../../domain/reconciliation/credits.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';
import { SPENT } from './spent.ts';

/** Every credit grant that was ever wanted, with the age of what was last said to Stripe about it. */
export async function grantsHere(db: Database, { lane, customerId }: CustomerKey): Promise<readonly GrantHere[]> {
  return query<GrantHere>(
    db,
    `select g.credit_grant_id as "creditGrantId", g.pool_id as "poolId", g.stripe_grant_id as "stripeGrantId",
       g.currency, g.amount_minor as "amountMinor", g.category, g.priority, g.metered_price_id as "meteredPriceId",
       g.state, g.backstop_at as "backstopAt", coalesce((
         select extract(epoch from clock_timestamp() - max(o.created_at)) * 1000 from outbox o
         where o.lane = $1 and o.customer_id = $2 and o.queue = 'grants' and o.subject_id = g.credit_grant_id::text),
         1e15)::float8 as "ageMs"
     from credit_grants g where g.lane = $1 and g.customer_id = $2 order by g.credit_grant_id`,
    [lane, customerId],
  );
}

export async function movementsHere(db: Database, { lane, customerId }: CustomerKey): Promise<readonly MovementHere[]> {
  return query<MovementHere>(
    db,
    `select transaction_id as "transactionId", type, amount_minor as "amountMinor"
     from credit_balance_transactions where lane = $1 and customer_id = $2 order by transaction_id`,
    [lane, customerId],
  );
}

export interface PoolStock {
  readonly poolId: string;
  readonly planVersionId: string;
  readonly meteredPriceId: string;
  readonly leftMicro: bigint;
  readonly paidMicro: bigint;
  readonly notFinalInvoiceIds: readonly string[];
  readonly isMoving: boolean;
}

/**
 * What each projected pool wants at Stripe, from lots and postings. Moving: a message about its grants is on its way, or
 * a period has ended and its invoice is not final, until when no grant may be ended.
 */
export async function poolStocks(
  db: Database,
  { lane, customerId }: CustomerKey,
  { now, messageLagMs }: { readonly now: Date; readonly messageLagMs: number },
): Promise<readonly PoolStock[]> {
  return query<PoolStock>(
    db,
    `with ${SPENT}, paid as (
       select p.pool_id, p.invoice_id, p.ends_at, coalesce(spent.metered - spent.overage, 0) as micro
       from billing_periods p left join spent on spent.id = p.billing_period_id
       where p.lane = $1 and p.customer_id = $2 and p.state <> 'final' and p.superseded_by is null
         and not p.is_trial
     )
     select o.pool_id as "poolId", v.plan_version_id as "planVersionId", v.stripe_metered_price_id as "meteredPriceId",
       coalesce((select sum(l.granted - l.drawn - l.ended) from lots l
         where l.lane = $1 and l.customer_id = $2 and l.unit = o.unit), 0)::bigint as "leftMicro",
       coalesce((select sum(micro) from paid where paid.pool_id = o.pool_id), 0)::bigint as "paidMicro",
       array(select invoice_id from paid where paid.pool_id = o.pool_id and invoice_id is not null)
         as "notFinalInvoiceIds",
       exists (select from outbox m
         where m.lane = $1 and m.customer_id = $2 and m.queue = 'grants' and m.state in ('pending', 'sending', 'unknown')
           and m.created_at > clock_timestamp() - make_interval(secs => $4))
         or exists (select from paid where paid.pool_id = o.pool_id and paid.ends_at <= $3) as "isMoving"
     from pools o
     join lateral (
       select s.plan_version_id from subscriptions s
       join plan_versions x on x.plan_version_id = s.plan_version_id and x.unit = o.unit
       where s.lane = $1 and s.customer_id = $2 and s.metered_item_id is not null
       order by s.status in ('active', 'trialing', 'past_due') desc, s.billing_anchor desc limit 1) s on true
     join plan_versions v on v.plan_version_id = s.plan_version_id and v.stripe_metered_price_id is not null
     where o.lane = $1 and o.customer_id = $2 and o.member is null
     order by o.pool_id`,
    [lane, customerId, now, messageLagMs / 1000],
  );
}

/** Prices of our meters, of every plan version. */
export async function meteredPriceIds(db: Database): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select stripe_metered_price_id as id from plan_versions where stripe_metered_price_id is not null`,
  );
  return new Set(rows.map(({ id }) => id));
}
