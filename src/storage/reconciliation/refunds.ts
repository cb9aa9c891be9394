import type { CustomerKey } from '../../domain/customer.ts';
import type { DisputeHere, MoneyBackHere, RefundHere } from '../../domain/reconciliation/refunds.ts';
import { clearingItems } from '../clearing.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';

/** A customer's mirrored refunds and disputes with what the books say of them, and what stands open. */
export async function moneyBackHere(db: Database, customer: CustomerKey): Promise<MoneyBackHere> {
  const key = [customer.lane, customer.customerId] as const;
  const refunds = await query<RefundHere>(
    db,
    `select r.refund_id as "refundId", r.status, r.amount_minor as "amountMinor", r.currency,
       (r.status = 'succeeded') <= (coalesce(posted.net, 0) = r.amount_minor)
         and (r.status in ('failed', 'canceled')) <= (coalesce(posted.net, 0) = 0) as "isPosted"
     from refunds r
     left join lateral (
       select sum(case when p.from_kind = 'cash' then p.amount else -p.amount end) as net
       from journal_entries e
       join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
       where e.lane = $1 and e.customer_id = $2 and e.source_type = 'stripe_refund' and e.source_id = r.refund_id
     ) posted on true
     where r.lane = $1 and r.customer_id = $2 order by r.refund_id`,
    key,
  );
  const disputes = await query<DisputeHere>(
    db,
    `select d.dispute_id as "disputeId", d.status, d.amount_minor as "amountMinor", d.currency,
       d.moved_minor as "movedMinor", d.fee_minor as "feeMinor", coalesce(posted.net, 0)::bigint as "postedMinor"
     from disputes d
     left join lateral (
       select sum(case when p.to_kind = 'cash' then p.amount else -p.amount end) as net
       from journal_entries e
       join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
       where e.lane = $1 and e.customer_id = $2 and e.source_type = 'stripe_dispute'
         and e.kind in ('dispute.funds_withdrawn', 'dispute.funds_reinstated')
         and starts_with(e.source_id, d.dispute_id || '/') and 'disputed' in (p.from_kind, p.to_kind)
     ) posted on true
     where d.lane = $1 and d.customer_id = $2 order by d.dispute_id`,
    key,
  );
  const balances = await query<MoneyBackHere['balances'][number]>(
    db,
    `with posted as (
       select unit as currency, sum(balance) as amount from accounts
       where lane = $1 and customer_id = $2 and kind = 'customer_balance' group by unit
     ), mirrored as (
       select currency, sum(amount_minor) as amount from customer_balance_transactions
       where lane = $1 and customer_id = $2 group by currency
     )
     select currency, coalesce(p.amount, 0)::bigint as posted, coalesce(m.amount, 0)::bigint as mirrored
     from posted p full join mirrored m using (currency) order by currency`,
    key,
  );
  return { refunds, disputes, clearing: await clearingItems(db, customer), balances };
}
