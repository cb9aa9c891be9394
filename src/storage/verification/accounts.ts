// Balances against postings, and the pool's stock accounts against the lots and holds that make them up.
import type { LedgerCheck } from '../verify.ts';

export const ACCOUNT_CHECKS: readonly LedgerCheck[] = [
  {
    invariant: 'INV-09',
    claim: 'a balance is what its postings brought less what they took',
    isFingerprinted: true,
    sql: `
      with moved as (
        select lane, customer_id, to_pool_id as pool_id, to_billing_period_id as billing_period_id, to_kind as kind, unit,
          amount
        from postings where lane = any($1) and ($2::uuid is null or customer_id = $2)
        union all
        select lane, customer_id, from_pool_id, from_billing_period_id, from_kind, unit, -amount
        from postings where lane = any($1) and ($2::uuid is null or customer_id = $2)
      ), net as (
        select lane, customer_id, pool_id, billing_period_id, kind, unit, sum(amount) as balance
        from moved group by lane, customer_id, pool_id, billing_period_id, kind, unit
      ), kept as (
        select lane, customer_id, pool_id, billing_period_id, kind, unit, balance
        from accounts where lane = any($1) and ($2::uuid is null or customer_id = $2)
      )
      select 'account ' || concat_ws('/', customer_id, pool_id, billing_period_id, kind, unit) as subject,
        coalesce(net.balance, 0)::text as expected, coalesce(kept.balance::text, 'no account') as found
      from net full join kept using (lane, customer_id, pool_id, billing_period_id, kind, unit)
      where coalesce(net.balance, 0) is distinct from coalesce(kept.balance, 0)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-04',
    claim: 'all accounts of a unit add up to nothing',
    isFingerprinted: true,
    sql: `
      select 'unit ' || unit as subject, '0' as expected, sum(balance)::text as found
      from accounts where lane = any($1) and ($2::uuid is null or customer_id = $2)
      group by unit having sum(balance) <> 0
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-06',
    claim: 'available and frozen are what the lots of the pool still have',
    isFingerprinted: true,
    sql: `
      with stock as (
        select lane, customer_id, pool_id, kind, sum(amount) as amount
        from lots cross join lateral (values ('available', granted - drawn - held - frozen - ended),
          ('frozen', frozen)) as part (kind, amount)
        where lane = any($1) and ($2::uuid is null or customer_id = $2)
        group by lane, customer_id, pool_id, kind
      ), kept as (
        select lane, customer_id, pool_id, kind, sum(balance) as balance
        from accounts
        where lane = any($1) and ($2::uuid is null or customer_id = $2) and kind in ('available', 'frozen')
        group by lane, customer_id, pool_id, kind
      )
      select 'pool ' || pool_id || ' ' || kind as subject, coalesce(stock.amount, 0)::text as expected,
        coalesce(kept.balance, 0)::text as found
      from stock full join kept using (lane, customer_id, pool_id, kind)
      where coalesce(stock.amount, 0) <> coalesce(kept.balance, 0)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-06',
    claim: 'held is what open holds pin, overage and debt reserved what they reserve',
    sql: `
      with pinned as (
        select h.lane, h.customer_id, h.pool_id, 'held' as kind, sum(d.held) as amount
        from holds h
        join hold_draws d on d.lane = h.lane and d.customer_id = h.customer_id and d.hold_id = h.hold_id
        where h.lane = any($1) and ($2::uuid is null or h.customer_id = $2) and h.state = 'open'
        group by h.lane, h.customer_id, h.pool_id
        union all
        select lane, customer_id, pool_id, 'overage_reserved', sum(overage_reserved)
        from holds where lane = any($1) and ($2::uuid is null or customer_id = $2) and state = 'open'
        group by lane, customer_id, pool_id
        union all
        select lane, customer_id, pool_id, 'debt_reserved', sum(debt_reserved)
        from holds where lane = any($1) and ($2::uuid is null or customer_id = $2) and state = 'open'
        group by lane, customer_id, pool_id
      ), kept as (
        select lane, customer_id, pool_id, kind, sum(balance) as balance
        from accounts
        where lane = any($1) and ($2::uuid is null or customer_id = $2) and kind in ('held', 'overage_reserved', 'debt_reserved')
        group by lane, customer_id, pool_id, kind
      )
      select 'pool ' || pool_id || ' ' || kind as subject, coalesce(pinned.amount, 0)::text as expected,
        coalesce(kept.balance, 0)::text as found
      from pinned full join kept using (lane, customer_id, pool_id, kind)
      where coalesce(pinned.amount, 0) <> coalesce(kept.balance, 0)
      order by 1 limit $3`,
  },
];
