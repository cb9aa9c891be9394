// Names that nobody answers for, balances, exceptions, disputes, bills that moved, and reconciliation, of June 2026.
import type { Claim } from './claims.ts';
import { JUNE } from './use.ts';

/** Every name that a use or a bill gives, with the uses of which a cost is known and those of which none is. */
export const NAMED = `named as (
  select kind, name, 'usage' as via, occurred_at as at, customer_id, cost_nano as nano, currency, 1 as uses from provider_costs,
    lateral (values ('model', model), ('key', provider_key), ('feature', feature), ('member', member)) n (kind, name)
  where lane between 0 and 63
  union all
  select kind, name, 'usage', e.occurred_at, e.customer_id, null, null, 1 from usage_events e join burn_rates r using (burn_rate_id),
    lateral (values ('model', e.dimensions ->> 'model'), ('feature', r.feature), ('member', e.member)) n (kind, name)
  where e.lane between 0 and 63
    and e.usage_event_id not in (select usage_event_id from provider_costs where lane between 0 and 63 and usage_event_id is not null)
  union all
  select kind, name, 'provider_bill', day::timestamp at time zone 'UTC', null, amount_nano, currency, 0 from provider_bill_lines,
    lateral (values ('model', model), ('key', provider_key)) n (kind, name)),
strangers as (
  select * from named n where name is not null and at < '2026-07-01' and at >= '2026-01-01'
    and (exists (select from registered_uses where kind = n.kind) and not exists (
      select from registered_uses r where r.kind = n.kind and r.state = 'registered'
        and (r.name = n.name or r.name like '%*' and n.name like replace(r.name, '*', '%')))))`;

const COSTS = `coalesce(json_agg(json_build_object('via', via, 'currency', currency, 'cost', cost::text) order by via desc, currency)
  filter (where currency is not null), '[]')`;

/** Pools whose period ended with June, and the first use that their credits did not cover. */
export const POOLS = `pools_of_june as (
  select b.customer_id, floor(extract(epoch from (
      select min(e.occurred_at) from usage_events e where e.lane between 0 and 63 and e.customer_id = b.customer_id
        and e.occurred_at >= b.starts_at and e.occurred_at < b.ends_at and e.overage + e.debt > 0) - b.starts_at) / 86400) as days,
    (select count(*) from usage_events e where e.lane between 0 and 63 and e.customer_id = b.customer_id
      and e.occurred_at >= b.starts_at and e.occurred_at < b.ends_at) as uses
  from billing_periods b where b.lane between 0 and 63 and b.ends_at > '2026-06-01' and b.ends_at <= '2026-07-01')`;

const BILLS = `bills as (select customer_id, currency, to_char(period_end - interval '1 second', 'YYYY-MM') as month,
    sum(total_minor - tax_minor) as minor
  from invoices where lane between 0 and 63 and billing_reason = 'subscription_cycle' and finalized_at is not null and status <> 'void'
  group by 1, 2, 3),
moves as (select n.customer_id, n.currency, b.minor as previous, n.minor, abs(n.minor - b.minor) * 4 > abs(b.minor) as moved,
    round(10000.0 * (n.minor - b.minor) / nullif(b.minor, 0)) as change
  from bills n join bills b using (customer_id, currency) where n.month = '2026-06' and b.month = '2026-05')`;

const GOODWILL = `given as (select m.month, count(lot_id) as cases, coalesce(sum(granted), 0) as credits
  from (select to_char(generate_series(timestamp '2026-01-01', '2026-06-01', '1 month'), 'YYYY-MM') as month) m
  left join lots on lane between 0 and 63 and source = 'goodwill' and to_char(effective_at at time zone 'UTC', 'YYYY-MM') = m.month
  group by 1)`;

const CASES = `cases where lane between 0 and 63`;

export const PEOPLE_CLAIMS: readonly Claim[] = [
  {
    at: 'unregistered.data',
    sql: `with ${NAMED}, monthly as (select kind, name, to_char(at at time zone 'UTC', 'YYYY-MM') as month, via, currency,
        sum(uses) as uses, sum(nano) as cost from strangers group by 1, 2, 3, 4, 5),
      history as (select kind, name, m.month, coalesce(sum(uses), 0) as uses, ${COSTS} as costs
        from (select distinct kind, name from monthly) s
        cross join (select to_char(generate_series(timestamp '2026-01-01', '2026-06-01', '1 month'), 'YYYY-MM') as month) m
        left join monthly using (kind, name, month) group by 1, 2, 3)
    select h.kind, h.name, coalesce(r.state, 'open') as state, r.owner, f.at as first_seen_at, f.customer_id,
      (select c.name from customers c where c.lane between 0 and 63 and c.customer_id = f.customer_id) as customer_name,
      h.uses, h.costs,
      (select json_agg(json_build_object('month', month, 'uses', uses, 'costs', costs) order by month) from history o
        where o.kind = h.kind and o.name = h.name) as months
    from history h left join registered_uses r using (kind, name)
    join lateral (select at, customer_id from strangers s where s.kind = h.kind and s.name = h.name order by at, customer_id limit 1) f on true
    where h.month = '2026-06' and (h.uses > 0 or h.costs::text <> '[]') order by h.kind, h.name`,
  },
  {
    at: 'balances.data',
    sql: `with ${POOLS}, used as (
        -- Of all that was used, what is left as overage was paid by no lot.
        select (select sum(credits) from usage_events e where lane between 0 and 63 and occurred_at between ${JUNE}
            and usage_event_id not in (select usage_event_id from usage_reversals where lane between 0 and 63))
          + (select coalesce(sum(amount), 0) from hold_captures where lane between 0 and 63 and captured_at between ${JUNE})
          - (select sum(case when from_kind = 'overage' then amount else -amount end) from postings p
              join billing_periods b on b.lane between 0 and 63 and b.ends_at = '2026-07-01'
                and b.billing_period_id in (p.from_billing_period_id, p.to_billing_period_id)
              where p.lane between 0 and 63 and 'overage' in (from_kind, to_kind) and from_kind <> 'billed') as credits),
      expired as (select coalesce(sum(ended), 0) as credits from lots where lane between 0 and 63
        and expires_at > '2026-06-01' and expires_at <= '2026-07-01')
    select count(*) as pools, count(days) as depleted_early, count(*) filter (where uses = 0) as never_used,
      percentile_disc(0.5) within group (order by days) as days_to_zero_median,
      (select credits from expired) as expired, (select credits from expired) + (select credits from used) as ended,
      (select round(10000.0 * e.credits / (e.credits + u.credits)) from expired e, used u) as expiry_share
    from pools_of_june`,
  },
  {
    at: 'balances.data.days_to_zero',
    sql: `with ${POOLS} select upto as up_to_days, (select count(*) from pools_of_june where days > above and days <= coalesce(upto, 99)) as pools
      from (values (1, -1, 7), (2, 7, 14), (3, 14, 21), (4, 21, null)) d (place, above, upto) order by place`,
  },
  {
    at: 'exceptions.data.goodwill',
    sql: `with ${GOODWILL} select j.cases, j.credits, m.credits as previous from given j, given m where j.month = '2026-06' and m.month = '2026-05'`,
  },
  { at: 'exceptions.data.goodwill_by_month', sql: `with ${GOODWILL} select * from given order by month` },
  {
    at: 'exceptions.data.credit_notes',
    sql: `select object ->> 'reason' as reason, object ->> 'currency' as currency, count(*) as notes, sum((object ->> 'total')::int) as minor
      from credit_notes where lane between 0 and 63 and object ->> 'status' <> 'void'
        and to_timestamp((object ->> 'created')::int) between ${JUNE} group by 1, 2 order by 4 desc`,
  },
  {
    at: 'exceptions.data.adjustments',
    sql: `select kind, outcome ->> 'type' as outcome, count(*) as cases,
        coalesce(sum((select sum(credits) from usage_reversals r where r.lane between 0 and 63 and r.usage_event_id = any (usage_event_ids))), 0) as credits
      from ${CASES} and kind <> 'goodwill' and state = 'done' and finished_at between ${JUNE} group by 1, 2 order by 3 desc, 1`,
  },
  {
    at: 'exceptions.data.over_limit',
    sql: `select count(*) as asked, count(*) filter (where state = 'done') as approved, count(*) filter (where state = 'refused') as refused,
        count(*) filter (where state = 'waiting') as waiting from ${CASES} and limits::text not in ('[]', 'null') and submitted_at between ${JUNE}`,
  },
  {
    at: 'disputes.data.disputes',
    sql: `select object ->> 'reason' as reason, object ->> 'currency' as currency, count(*) as disputes, sum((object ->> 'amount')::int) as minor
      from disputes where lane between 0 and 63 and to_timestamp((object ->> 'created')::int) between ${JUNE} group by 1, 2 order by 4 desc`,
  },
  {
    at: 'disputes.data',
    sql: `select count(*) filter (where object ->> 'status' = 'lost') as lost, count(*) filter (where object ->> 'status' = 'won') as won
      from disputes where lane between 0 and 63 and closed_at between ${JUNE}`,
  },
  {
    at: 'disputes.data.themes',
    sql: `select kind as theme, count(*) filter (where opened_at between ${JUNE}) as cases,
        count(*) filter (where opened_at < '2026-06-01') as previous
      from ${CASES} and opened_at >= '2026-05-01' and opened_at < '2026-07-01' group by 1 order by 2 desc, 3 desc, 1`,
  },
  {
    at: 'predictability.data',
    sql: `with ${BILLS} select count(*) as customers, count(*) filter (where moved) as moved,
      round(10000.0 * count(*) filter (where moved) / count(*)) as moved_share from moves`,
  },
  {
    at: 'predictability.data.most',
    sql: `with ${BILLS} select customer_id, previous as previous_minor, minor, change from moves where moved
      order by abs(change) desc, customer_id limit 10`,
  },
  {
    at: 'reconciled.data',
    sql: `select count(*) as runs, max(finished_at) as last_run_at,
        (select count(*) from variances where lane between 0 and 63 and found_at between ${JUNE}) as found,
        (select count(*) from variances where lane between 0 and 63 and found_at between ${JUNE} and state in ('explained', 'corrected', 'written_off')) as settled
      from reconciliations where finished_at between ${JUNE}`,
  },
  {
    at: 'reconciled.data.open',
    sql: `select check_name as check, class, count(*) as variances, min(found_at) as oldest_at from variances
      where lane between 0 and 63 and state = 'open' and found_at < '2026-07-01' group by 1, 2 order by 4, 1, 2`,
  },
];
