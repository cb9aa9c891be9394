// Usage events against the entries that carry them, undone usage against its original, metered use against consumption.
import type { LedgerCheck } from '../verify.ts';

export const USAGE_CHECKS: readonly LedgerCheck[] = [
  {
    invariant: 'INV-16',
    claim: 'the usage of an entry is what the entry consumed, and its overage and debt shares agree',
    isFingerprinted: true,
    sql: `
      with both_sides as (
        select lane, customer_id, entry_id, true as used, credits, overage, debt, 0 as to_use, 0 as by_overage, 0 as by_debt
        from usage_events
        where lane = any($1) and ($2::uuid is null or customer_id = $2) and outcome = 'applied' and entry_id is not null
        union all
        select lane, customer_id, entry_id, false, 0, 0, 0, amount,
          case from_kind when 'overage' then amount else 0 end, case from_kind when 'debt' then amount else 0 end
        from postings
        where lane = any($1) and ($2::uuid is null or customer_id = $2) and to_kind in ('consumed', 'consumed_unpaid')
      )
      select 'usage entry ' || entry_id as subject,
        concat_ws(' ', 'credits', sum(credits), 'overage', sum(overage), 'debt', sum(debt)) as expected,
        concat_ws(' ', 'credits', sum(to_use), 'overage', sum(by_overage), 'debt', sum(by_debt)) as found
      from both_sides group by lane, customer_id, entry_id
      having bool_or(used)
        and (sum(credits), sum(overage), sum(debt)) is distinct from (sum(to_use), sum(by_overage), sum(by_debt))
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-17',
    claim: 'applied usage that costs something is in the journal, under a key that keeps it from being counted twice',
    isFingerprinted: true,
    sql: `
      select 'usage event ' || u.usage_event_id as subject, 'an entry and a dedupe key' as expected,
        concat_ws(', ', case when e.entry_id is null then 'no entry' end,
          case when k.event_hash is null then 'no dedupe key' end) as found
      from usage_events u
      left join journal_entries e on e.lane = u.lane and e.customer_id = u.customer_id and e.entry_id = u.entry_id
      left join usage_event_keys k on k.lane = u.lane and k.customer_id = u.customer_id and k.source = u.source
        and k.usage_event_id = u.usage_event_id
      where u.lane = any($1) and ($2::uuid is null or u.customer_id = $2)
        and ((u.outcome = 'applied' and u.credits > 0 and e.entry_id is null)
          or (u.entry_id is not null and e.entry_id is null) or k.event_hash is null)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-17',
    claim: 'a pool is marked with the usage that waits to be paid, no more and no less',
    sql: `
      with waiting as (
        select lane, customer_id, pool_id, sum(credits) as credits
        from unfunded_usage where lane = any($1) and ($2::uuid is null or customer_id = $2) and funded_at is null
        group by lane, customer_id, pool_id
      )
      select 'unfunded usage of pool ' || p.pool_id as subject, coalesce(w.credits, 0)::text as expected,
        p.unfunded::text as found
      from pools p left join waiting w on w.lane = p.lane and w.customer_id = p.customer_id and w.pool_id = p.pool_id
      where p.lane = any($1) and ($2::uuid is null or p.customer_id = $2) and p.unfunded <> coalesce(w.credits, 0)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-13',
    claim: 'usage is undone at most once over, by an entry that exists, or by none if nobody had paid it',
    sql: `
      select 'usage event ' || r.usage_event_id as subject, 'at most ' || u.credits || ', by an entry' as expected,
        r.credits || case when e.entry_id is null then ', by no entry' else '' end as found
      from usage_reversals r
      join usage_events u on u.lane = r.lane and u.customer_id = r.customer_id and u.usage_event_id = r.usage_event_id
      left join journal_entries e on e.lane = r.lane and e.customer_id = r.customer_id and e.entry_id = r.entry_id
      where r.lane = any($1) and ($2::uuid is null or r.customer_id = $2)
        and (r.credits > u.credits or (e.entry_id is null and not (r.entry_id is null and u.outcome = 'unfunded')))
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-13',
    claim: 'usage that another event stands for exists and no longer counts: undone, or free from the start',
    sql: `
      select 'usage event ' || a.usage_event_id as subject, 'amends usage that is undone' as expected,
        case when e.usage_event_id is null then 'amends no event' else 'amends usage that still counts' end as found
      from usage_events a
      left join usage_events e on e.lane = a.lane and e.customer_id = a.customer_id and e.usage_event_id = a.amends
      left join usage_reversals r on r.lane = a.lane and r.customer_id = a.customer_id and r.usage_event_id = a.amends
      where a.lane = any($1) and ($2::uuid is null or a.customer_id = $2) and a.amends is not null
        and (e.usage_event_id is null or (e.credits > 0 and r.usage_event_id is null))
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-14',
    claim: 'what a billing period has metered is what its consumption postings say',
    isFingerprinted: true,
    sql: `
      with metered as (
        select lane, customer_id, billing_period_id, sum(metered) as amount
        from meter_buckets where lane = any($1) and ($2::uuid is null or customer_id = $2)
        group by lane, customer_id, billing_period_id
      ), moved as (
        select lane, customer_id, to_billing_period_id as billing_period_id, amount
        from postings where lane = any($1) and ($2::uuid is null or customer_id = $2) and to_kind = 'consumed'
        union all
        select lane, customer_id, from_billing_period_id, -amount
        from postings where lane = any($1) and ($2::uuid is null or customer_id = $2) and from_kind = 'consumed'
      ), consumed as (
        select lane, customer_id, billing_period_id, sum(amount) as amount
        from moved group by lane, customer_id, billing_period_id
      )
      select 'billing period ' || billing_period_id as subject, coalesce(consumed.amount, 0)::text as expected,
        coalesce(metered.amount, 0)::text as found
      from consumed full join metered using (lane, customer_id, billing_period_id)
      where coalesce(consumed.amount, 0) <> coalesce(metered.amount, 0)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-14',
    claim: 'a window never rolled up more than was metered in its period',
    isFingerprinted: true,
    sql: `
      select 'billing period ' || b.billing_period_id as subject, sum(m.rolled)::text as expected,
        b.rolled_micro::text as found
      from billing_periods b
      join meter_buckets m on m.lane = b.lane and m.customer_id = b.customer_id
        and m.billing_period_id = b.billing_period_id
      where b.lane = any($1) and ($2::uuid is null or b.customer_id = $2)
      group by b.lane, b.customer_id, b.billing_period_id, b.rolled_micro having sum(m.rolled) <> b.rolled_micro
      order by 1 limit $3`,
  },
];
