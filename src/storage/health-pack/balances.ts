import type { Transaction } from '../database.ts';
import { query } from '../query.ts';

export interface EndedPeriod {
  readonly poolId: string;
  /** What is still consumed of it. */
  readonly used: bigint;
  /** Whole days from its start until nothing was left, the first time before its end; null: something always was. */
  readonly daysToZero: number | null;
}

/** Billing periods that ended after `from` and not after `until`, with how their pools fared. */
export async function endedPeriods(on: Transaction, from: Date, until: Date): Promise<readonly EndedPeriod[]> {
  return query<EndedPeriod>(
    on,
    `with ended as (
       select lane, customer_id, billing_period_id, pool_id, unit, starts_at, ends_at from billing_periods
       where lane between 0 and 63 and ends_at > $1 and ends_at <= $2
     ), moves as (
       -- What a pool has: spendable, held or frozen. A move among these changes nothing.
       select e.lane, e.customer_id, m.pool_id, j.effective_at, j.kind,
         sum(case when p.to_pool_id = m.pool_id and p.to_kind in ('available', 'held', 'frozen') then p.amount else 0 end
           - case when p.from_pool_id = m.pool_id and p.from_kind in ('available', 'held', 'frozen') then p.amount else 0 end)
           over (partition by e.lane, e.customer_id, m.pool_id order by j.effective_at, j.entry_id, p.seq) as stock
       from (select distinct lane, customer_id, unit from ended) e
       join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.unit = e.unit
       join journal_entries j on j.lane = p.lane and j.customer_id = p.customer_id and j.entry_id = p.entry_id
       join (select distinct lane, customer_id, pool_id from ended) m on m.lane = e.lane and m.customer_id = e.customer_id
         and m.pool_id in (p.from_pool_id, p.to_pool_id)
       where p.lane between 0 and 63 and j.lane between 0 and 63
     ), emptied as (
       select e.lane, e.customer_id, e.billing_period_id, min(m.effective_at) as at
       from ended e join moves m on m.lane = e.lane and m.customer_id = e.customer_id and m.pool_id = e.pool_id
         and m.effective_at >= e.starts_at and m.effective_at < e.ends_at
       where m.stock = 0 and m.kind in ('usage.burn', 'usage.funded', 'usage.taken_over', 'hold.captured') group by 1, 2, 3
     )
     select e.pool_id as "poolId", coalesce((
         select sum(a.balance) from accounts a where a.lane = e.lane and a.lane between 0 and 63 and a.customer_id = e.customer_id
           and a.billing_period_id = e.billing_period_id and a.kind = 'consumed'), 0)::bigint as used,
       floor(extract(epoch from z.at - e.starts_at) / 86400)::int as "daysToZero"
     from ended e left join emptied z using (lane, customer_id, billing_period_id) order by e.pool_id, e.ends_at`,
    [from, until],
  );
}

export interface EndedCredits {
  /** Drawn from lots, also for use that came before them, less what went back to them. */
  readonly used: bigint;
  readonly expired: bigint;
}

/** Credits of lots that came to their end after `from` and not after `until`. */
export async function endedCredits(on: Transaction, from: Date, until: Date): Promise<EndedCredits> {
  const [row] = await query<EndedCredits>(
    on,
    `select coalesce(sum(case when p.to_kind in ('consumed', 'overage', 'debt') then p.amount
         when p.from_kind in ('consumed', 'overage', 'debt') then -p.amount end), 0)::bigint as used,
       coalesce(sum(case when p.to_kind = 'expired' then p.amount when p.from_kind = 'expired' then -p.amount end), 0)::bigint as expired
     from postings p join journal_entries j on j.lane = p.lane and j.customer_id = p.customer_id and j.entry_id = p.entry_id
     where p.lane between 0 and 63 and j.lane between 0 and 63 and p.lot_id is not null
       and j.effective_at > $1 and j.effective_at <= $2`,
    [from, until],
  );
  return row ?? { used: 0n, expired: 0n };
}
