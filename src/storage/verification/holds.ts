// Holds pin lots: what a hold still keeps, what the lot says is held, and what was captured must be one story.
import type { LedgerCheck } from '../verify.ts';

export const HOLD_CHECKS: readonly LedgerCheck[] = [
  {
    invariant: 'INV-08',
    claim: 'an open hold is what it pins, what it reserves of the overage and what was captured of it',
    sql: `
      with pinned as (
        select lane, customer_id, hold_id, sum(held) as held
        from hold_draws where lane = any($1) and ($2::uuid is null or customer_id = $2)
        group by lane, customer_id, hold_id
      )
      select 'hold ' || h.hold_id as subject, h.amount::text as expected,
        (coalesce(d.held, 0) + h.overage_reserved + h.debt_reserved + h.captured)::text as found
      from holds h
      left join pinned d on d.lane = h.lane and d.customer_id = h.customer_id and d.hold_id = h.hold_id
      where h.lane = any($1) and ($2::uuid is null or h.customer_id = $2) and h.state = 'open' and h.reserves
        and coalesce(d.held, 0) + h.overage_reserved + h.debt_reserved + h.captured <> h.amount
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-06',
    claim: 'what a lot has held is what holds pin of it',
    isFingerprinted: true,
    sql: `
      with pinned as (
        select lane, customer_id, lot_id, sum(held) as held
        from hold_draws where lane = any($1) and ($2::uuid is null or customer_id = $2)
        group by lane, customer_id, lot_id
      )
      select 'lot ' || l.lot_id as subject, coalesce(p.held, 0)::text as expected, l.held::text as found
      from lots l
      left join pinned p on p.lane = l.lane and p.customer_id = l.customer_id and p.lot_id = l.lot_id
      where l.lane = any($1) and ($2::uuid is null or l.customer_id = $2) and l.held <> coalesce(p.held, 0)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-19',
    claim: 'a hold that ended keeps nothing',
    sql: `
      select 'hold ' || h.hold_id as subject, '0 held once ' || h.state as expected, sum(d.held)::text as found
      from holds h
      join hold_draws d on d.lane = h.lane and d.customer_id = h.customer_id and d.hold_id = h.hold_id
      where h.lane = any($1) and ($2::uuid is null or h.customer_id = $2) and h.state <> 'open'
      group by h.lane, h.customer_id, h.hold_id, h.state having sum(d.held) <> 0
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-19',
    claim: 'what a hold says was captured is the sum of its captures',
    sql: `
      with captured as (
        select lane, customer_id, hold_id, sum(amount) as amount
        from hold_captures where lane = any($1) and ($2::uuid is null or customer_id = $2)
        group by lane, customer_id, hold_id
      )
      select 'hold ' || h.hold_id as subject, coalesce(c.amount, 0)::text as expected, h.captured::text as found
      from holds h
      left join captured c on c.lane = h.lane and c.customer_id = h.customer_id and c.hold_id = h.hold_id
      where h.lane = any($1) and ($2::uuid is null or h.customer_id = $2) and h.reserves
        and h.captured <> coalesce(c.amount, 0)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-16',
    claim: 'a capture posted what it captured',
    sql: `
      with captured as (
        select lane, customer_id, entry_id, sum(amount) as amount
        from hold_captures where lane = any($1) and ($2::uuid is null or customer_id = $2)
        group by lane, customer_id, entry_id
      ), posted as (
        select lane, customer_id, entry_id, sum(amount) as amount
        from postings
        where lane = any($1) and ($2::uuid is null or customer_id = $2) and to_kind in ('consumed', 'consumed_unpaid')
        group by lane, customer_id, entry_id
      )
      select 'capture entry ' || c.entry_id as subject, c.amount::text as expected, coalesce(p.amount, 0)::text as found
      from captured c
      left join posted p on p.lane = c.lane and p.customer_id = c.customer_id and p.entry_id = c.entry_id
      where c.lane = any($1) and c.amount <> coalesce(p.amount, 0)
      order by 1 limit $3`,
  },
];
