// Key figures, burn and margins of June 2026, from events, captures, postings, lots and plans.
import type { Claim } from './claims.ts';

export const JUNE = `'2026-06-01' and '2026-06-30 23:59:59.999999'`;

/** Events and captures that were not undone, each with the credits of its entry that came before it. */
const USES = `uses as (
  select e.customer_id, e.entry_id, to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM') as month, e.occurred_at as at, e.action,
    r.feature, e.credits, c.model, c.cost_id is not null and c.cost_nano is not null as costed,
    coalesce((select sum(o.credits) from usage_events o where o.lane between 0 and 63 and o.customer_id = e.customer_id
      and o.entry_id = e.entry_id and o.entry_seq < e.entry_seq), 0)::bigint as before
  from usage_events e join burn_rates r using (burn_rate_id)
  left join provider_costs c on c.usage_event_id = e.usage_event_id and c.customer_id = e.customer_id and c.lane between 0 and 63
  where e.lane between 0 and 63 and e.usage_event_id not in (select usage_event_id from usage_reversals where lane between 0 and 63)
  union all
  select h.customer_id, k.entry_id, to_char(k.captured_at at time zone 'UTC', 'YYYY-MM'), k.captured_at, h.action, h.feature, k.amount,
    c.model, c.cost_nano is not null, 0
  from hold_captures k join holds h using (customer_id, hold_id)
  left join provider_costs c on c.hold_id = h.hold_id and c.lane between 0 and 63
  where k.lane between 0 and 63 and h.lane between 0 and 63)`;

/** What each part of a use was worth, nano-dollars: what a lot's credit was bought for, a fee's share, or the plan's price. */
const WORTH = `worth as (
  select u.*, case when l.lot_id is null then 'overage' when l.paid_minor > 0 then 'paid' when l.source = 'included' then 'fee'
      else 'free' end as kind,
    (upper(part) - lower(part)) * case when l.paid_minor > 0 then l.paid_minor * 10000000.0 / l.granted
      when l.source = 'included' then v.fee * 10000000.0 * v.share / 100 / v.included / 1000000
      else v.price * 1000 end as nano
  from uses u
  join (select customer_id, entry_id, lot_id, from_kind,
      int8range((sum(amount) over w - amount)::bigint, (sum(amount) over w)::bigint) as span
    from postings where lane between 0 and 63 and to_kind in ('consumed', 'consumed_unpaid')
    window w as (partition by customer_id, entry_id order by seq)) p using (customer_id, entry_id)
  cross join lateral (select p.span * int8range(u.before, u.before + u.credits) as part) o
  left join lots l on l.lot_id = p.lot_id and l.lane between 0 and 63
  join pools on pools.customer_id = u.customer_id and pools.lane between 0 and 63
  join (select plan_version_id, (content ->> 'baseAmountMinor')::numeric as fee, (content ->> 'includedSharePercent')::numeric as share,
      (content ->> 'includedCredits')::numeric as included, (content ->> 'pricePerCredit')::numeric as price
    from plan_versions) v using (plan_version_id)
  where not isempty(part))`;

const COSTS = `costs as (select customer_id, to_char(occurred_at at time zone 'UTC', 'YYYY-MM') as month, feature, action, model, cost_nano
  from provider_costs where lane between 0 and 63 and currency = 'usd')`;

/** By one thing and month: uses, credits, cost, and worth by kind, each rounded once to a nano-dollar. */
function tallied(by: string): string {
  return `with ${USES}, ${WORTH}, ${COSTS}, names as (
      select distinct month, ${by} as name from uses union select distinct month, ${by} from costs),
    kinds as (select month, ${by} as name, kind, round(sum(nano)) as nano from worth group by 1, 2, 3),
    tally as (
      select n.month, n.name,
        (select count(*) from uses u where u.month = n.month and u.${by} is not distinct from n.name) as uses,
        (select coalesce(sum(credits), 0) from uses u where u.month = n.month and u.${by} is not distinct from n.name) as credits,
        (select coalesce(sum(cost_nano), 0) from costs c where c.month = n.month and c.${by} is not distinct from n.name) as cost,
        (select coalesce(sum(nano), 0) from kinds k where k.month = n.month and k.name is not distinct from n.name and kind <> 'free') as billed,
        (select coalesce(sum(nano), 0) from kinds k where k.month = n.month and k.name is not distinct from n.name and kind = 'free') as free
      from names n)`;
}

/** June with May beside it: what is said of each name. A margin of a target of 0 % is wanted; of reports 99 %. */
function margins(by: string, as: string, target = '0'): string {
  return `${tallied(by)}, shares as (select *, round(10000 * (billed - cost) / nullif(billed, 0)) as share from tally)
    select ${as}, j.uses, j.credits, j.cost, j.billed, 0 as unallocated, j.free, j.billed - j.cost as gap, j.share as margin,
      m.share as previous_margin, j.cost > j.billed as under_water, coalesce(abs(j.share - m.share) > 500, false) as drifted,
      coalesce(j.cost > 0 and j.share < ${target}, false) as below_target
    from shares j left join shares m on m.month = '2026-05' and m.name is not distinct from j.name where j.month = '2026-06'`;
}

/** Of reports a margin of 99 % is wanted. */
export const FEATURE_MARGINS = margins(
  'feature',
  'j.name as feature',
  `case j.name when 'reports' then 9900 else 0 end`,
);

function figure(key: string, value: string): Claim {
  return {
    at: `key_figures.data.figures[key=${key}]`,
    sql: `with ${USES}, ${WORTH}, ${COSTS}, kinds as (
        select month, customer_id, kind, round(sum(nano)) as nano from worth where kind <> 'free' group by 1, 2, 3),
      monthly as (select month, ${value}::numeric::text as value from (
        select u.month, count(distinct customer_id) as customers, count(*) as uses, sum(credits) as credits,
          (select sum(nano) from kinds k where k.month = u.month) as billed,
          (select sum(cost_nano) from costs c where c.month = u.month) as cost
        from uses u where u.month between '2026-01' and '2026-06' group by 1) sums)
    select '${key}' as key, max(value) filter (where month = '2026-06') as value,
      max(value) filter (where month = '2026-05') as previous,
      json_agg(json_build_object('month', month, 'value', value) order by month) as months from monthly`,
  };
}

function burned(by: string, action: string): string {
  return `with ${USES}, sums as (select feature, ${action} as action,
      count(*) filter (where at between ${JUNE}) as uses,
      coalesce(sum(credits) filter (where at between ${JUNE}), 0) as credits,
      coalesce(sum(credits) filter (where at >= '2026-05-01' and at < '2026-06-01'), 0) as previous
    from uses where month in ('2026-05', '2026-06') group by ${by})
    select *, round(10000 * credits / (select sum(credits) from sums)) as share from sums order by credits desc, feature, action`;
}

const WITHIN = `where at between ${JUNE}`;

export const USE_CLAIMS: readonly Claim[] = [
  figure('customers', 'customers'),
  figure('uses', 'uses'),
  figure('credits', 'credits'),
  figure('billed', 'billed'),
  figure('cost', 'cost'),
  figure('gap', '(billed - cost)'),
  figure('margin', 'round(10000 * (billed - cost) / billed)'),
  { at: 'burn.data', sql: `with ${USES} select sum(credits) as total from uses ${WITHIN}` },
  { at: 'burn.data.features', sql: burned('feature', 'null::text') },
  { at: 'burn.data.actions', sql: burned('feature, uses.action', 'uses.action') },
  {
    at: 'margins.data.features',
    sql: `${FEATURE_MARGINS} order by j.cost desc, j.name`,
  },
  { at: 'margins.data.actions', sql: `${margins('action', 'j.name')} order by j.cost desc, j.name limit 10` },
  {
    at: 'margins.data.models',
    sql: `${margins('model', 'j.name')} order by j.cost desc, coalesce(j.name, '') limit 10`,
  },
  {
    at: 'margins.data.customers',
    sql: `${margins('customer_id', `j.name as customer_id, (select name from customers c where c.customer_id = j.name and c.lane between 0 and 63) as name`)}
      order by j.billed - j.cost, j.name limit 10`,
  },
  {
    at: 'margins.data.total',
    sql: `with ${USES}, ${WORTH}, ${COSTS}, kinds as (select month, feature, kind, round(sum(nano)) as nano from worth group by 1, 2, 3),
      sums as (select m.month,
        (select count(*) from uses u where u.month = m.month) as uses, (select sum(credits) from uses u where u.month = m.month) as credits,
        (select coalesce(sum(cost_nano), 0) from costs c where c.month = m.month) as cost,
        (select coalesce(sum(nano) filter (where kind <> 'free'), 0) from kinds k where k.month = m.month) as billed,
        (select coalesce(sum(nano) filter (where kind = 'free'), 0) from kinds k where k.month = m.month) as free
      from (values ('2026-05'), ('2026-06')) m (month)),
      shares as (select *, round(10000 * (billed - cost) / billed) as share from sums)
    select 'all' as feature, j.uses, j.credits, j.cost, j.billed, 0 as unallocated, j.free, j.billed - j.cost as gap, j.share as margin,
      m.share as previous_margin, j.cost > j.billed as under_water, abs(j.share - m.share) > 500 as drifted, j.share < 0 as below_target
    from shares j, shares m where j.month = '2026-06' and m.month = '2026-05'`,
  },
  {
    at: 'margins.data',
    sql: `with ${USES} select count(*) as uses_without_cost from uses ${WITHIN} and not costed`,
  },
  {
    at: 'margins.data.not_converted',
    sql: `select currency, sum(cost_nano) as cost, 0 as billed from provider_costs
      where lane between 0 and 63 and currency <> 'usd' and occurred_at between ${JUNE} group by 1 order by 1`,
  },
];
