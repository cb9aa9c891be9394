/**
 * `spent (id, metered, overage)` of one customer (`$1` lane, `$2` id), per billing period from postings alone: what was
 * consumed, and how much of it as overage, whether that is billed or written off by now or not.
 */
export const SPENT = `
  flows as (
    select to_billing_period_id as id, amount as metered, 0 as overage from postings
    where lane = $1 and customer_id = $2 and to_kind = 'consumed'
    union all
    select from_billing_period_id, -amount, 0 from postings
    where lane = $1 and customer_id = $2 and from_kind = 'consumed'
    union all
    select from_billing_period_id, 0, amount from postings
    where lane = $1 and customer_id = $2 and from_kind = 'overage' and to_kind not in ('billed', 'written_off')
    union all
    select to_billing_period_id, 0, -amount from postings
    where lane = $1 and customer_id = $2 and to_kind = 'overage' and from_kind not in ('billed', 'written_off')
  ), spent as (
    select id, sum(metered) as metered, sum(overage) as overage from flows group by id
  )`;
