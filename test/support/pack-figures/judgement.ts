// The verdict, the triggers and the bills side by side of June 2026: thresholds as docs/health-pack.md has them, the bills
// of now as Stripe invoiced them, those of the candidate (plan metered: USD 9.00, then USD 0.007 a credit) worked out anew.
import type { Claim } from './claims.ts';
import { NAMED, POOLS } from './people.ts';
import { FEATURE_MARGINS, JUNE } from './use.ts';

const MONTHS = `('2026-04', '2026-05', '2026-06')`;

/** What customers of each plan used in three months, by action. */
const USED = `used as (
  select u.customer_id, v.plan, u.action, u.month, sum(u.credits) as credits from (
    select customer_id, action, to_char(occurred_at at time zone 'UTC', 'YYYY-MM') as month, credits from usage_events e
      where lane between 0 and 63 and not exists (select from usage_reversals r where r.lane between 0 and 63 and r.usage_event_id = e.usage_event_id)
    union all
    select h.customer_id, h.action, to_char(c.captured_at at time zone 'UTC', 'YYYY-MM'), c.amount from hold_captures c join holds h using (hold_id)
      where c.lane between 0 and 63 and h.lane between 0 and 63) u
  join pools p on p.customer_id = u.customer_id and p.lane between 0 and 63 join plan_versions v using (plan_version_id)
  where u.month in ${MONTHS} group by 1, 2, 3, 4),
cohorts as (
  select plan, count(*) as customers, count(*) filter (where greatest(a, b, c) * 3 <= (a + b + c) * 1.25 and least(a, b, c) * 3 >= (a + b + c) * 0.75) as stable
  from (select plan, customer_id, sum(credits) filter (where month = '2026-04') as a, sum(credits) filter (where month = '2026-05') as b,
    sum(credits) filter (where month = '2026-06') as c from used group by 1, 2) m
  where a > 0 and b > 0 and c > 0 group by 1),
-- A plan with fewer than five customers says nothing.
large as (select * from cohorts where customers >= 5),
metric as (select distinct on (plan) plan, action, credits, (select sum(credits) from used a where a.plan = u.plan and month = '2026-06') as whole
  from (select plan, action, sum(credits) as credits from used where month = '2026-06' group by 1, 2) u order by plan, credits desc)`;

const ACTIVE = `(select count(distinct customer_id) from used where month = '2026-06')`;
const INVOICED = `(select count(*) from invoices where lane between 0 and 63 and billing_reason = 'subscription_cycle'
  and status in ('open', 'paid', 'uncollectible') and finalized_at between ${JUNE})`;
const COMPLAINTS = `((select count(*) from cases where lane between 0 and 63 and kind = 'billing_error' and opened_at between ${JUNE})
  + (select count(*) from disputes where lane between 0 and 63 and created_at between ${JUNE}))`;
/** Open for a week by the time of the pack, or closed after more than one. */
const STRAINED = `(select count(*) from variances where lane between 0 and 63 and found_at between ${JUNE}
  and (state = 'open' and (select instant from simulated_clock) - found_at >= interval '7 days' or closed_at - found_at >= interval '7 days'))`;
const BILLS = `bills as (select customer_id, sum(total_minor) filter (where period_end <= '2026-06-01') as before,
  sum(total_minor) filter (where period_end > '2026-06-01') as after from invoices
  where lane between 0 and 63 and billing_reason = 'subscription_cycle' and finalized_at is not null and period_end > '2026-05-01' and period_end <= '2026-07-01'
  group by 1 having count(*) = 2)`;

function trigger(
  key: string,
  threshold: number,
  { facts, enough, because }: { facts: string; enough: string; because: string },
): Claim {
  return {
    at: `triggers[key=${key}]`,
    sql: `with ${USED}, ${BILLS}, facts as (${facts})
      select '${key}' as key, case when ${enough} then cohort end as cohort, ${threshold} as threshold,
        case when ${enough} then round(10000.0 * part / whole) end as value, case when ${enough} then 10000.0 * part / whole >= ${threshold} end as hit,
        case when ${enough} then part else 0 end as part, case when ${enough} then whole else 0 end as whole,
        case when ${enough} then subject end as subject, case when not ${enough} then ${because} end as because from facts`,
  };
}

const ofAll = (part: string, whole: string): string =>
  `select null as cohort, ${part} as part, ${whole} as whole, null as subject`;
const ofPlans = (part: string, whole: string, subject: string): string =>
  `select l.plan as cohort, ${part} as part, ${whole} as whole, ${subject} as subject from (values (1)) one left join large l on true
    left join metric m using (plan) order by 1`;
const NO_COHORT = {
  enough: 'cohort is not null',
  because: `'no plan has 5 customers with use in each of 3 months; the most is ' || (select coalesce(max(customers), 0) from cohorts)`,
};

const TRIGGERS: readonly Claim[] = [
  trigger('stable_use', 6_000, { facts: ofPlans('l.stable', 'l.customers', 'null'), ...NO_COHORT }),
  trigger('explainable_metric', 8_000, { facts: ofPlans('m.credits', 'm.whole', 'm.action'), ...NO_COHORT }),
  trigger('opaque_credits', 500, {
    facts: ofAll(COMPLAINTS, ACTIVE),
    enough: 'whole >= 10',
    because: `whole || ' customers used credits in the month, it takes 10'`,
  }),
  trigger('reconciliation_strain', 200, {
    facts: ofAll(STRAINED, INVOICED),
    enough: 'whole >= 10',
    because: `whole || ' cycle invoices in the month, it takes 10'`,
  }),
  trigger('unpredictable_bills', 3_000, {
    facts: ofAll(
      '(select count(*) from bills where abs(after - before) * 4 > abs(before))',
      '(select count(*) from bills)',
    ),
    enough: 'whole >= 5',
    because: `'too few'`,
  }),
];

function finding(key: string, sql: string): Claim {
  return {
    at: `verdict.findings[key=${key}]`,
    sql: `select '${key}' as key, f.subject, f.value, f.previous, f.currency from (${sql}) f`,
  };
}

/** What is told of each name: what uses said it cost, else what a bill asked for. */
function strangersOf(which: string): string {
  return `with ${NAMED}, june as (select kind, name, via, currency, sum(nano) as cost from strangers where at between ${JUNE} group by 1, 2, 3, 4)
    select distinct on (kind, name) kind || ' ' || name as subject, cost as value, null::text as previous, currency
    from june left join registered_uses r using (kind, name) where ${which}
    order by kind, name, (via = 'usage' and currency is not null) desc, currency is null, cost desc`;
}

function flagged(value: string, flag: string, previous: string): string {
  return `with rows as (${FEATURE_MARGINS}) select feature as subject, ${value} as value, ${previous} as previous, 'usd' as currency
    from rows where ${flag} order by cost desc, feature`;
}

const none = (columns: readonly string[]): string => columns.map((column) => `null::text as ${column}`).join(', ');

export const JUDGEMENT_CLAIMS: readonly Claim[] = [
  { at: '', sql: 'select instant as at from simulated_clock' },
  ...TRIGGERS,
  {
    at: 'verdict',
    sql: `with ${USED}, ${BILLS} select 3 + 2 * greatest(1, (select count(*) from large)) + 3 as asked,
      3 + 2 * (select count(*) from large) + (${ACTIVE} >= 10)::int + (${INVOICED} >= 10)::int + ((select count(*) from bills) >= 5)::int as told`,
  },
  finding(
    'cohort_ready',
    `with ${USED} select plan as subject, round(10000.0 * stable / customers) as value, ${none(['previous', 'currency'])}
      from large join metric using (plan) where stable >= 0.6 * customers and credits >= 0.8 * whole`,
  ),
  finding(
    'reconciliation_strain',
    `with ${USED} select round(10000.0 * ${STRAINED} / ${INVOICED}) as value, ${none(['subject', 'previous', 'currency'])}
    where ${INVOICED} >= 10 and ${STRAINED} >= 0.02 * ${INVOICED}`,
  ),
  finding(
    'opaque_credits',
    `with ${USED} select round(10000.0 * ${COMPLAINTS} / ${ACTIVE}) as value, ${none(['subject', 'previous', 'currency'])}
    where ${ACTIVE} >= 10 and ${COMPLAINTS} >= 0.05 * ${ACTIVE}`,
  ),
  finding(
    'unpredictable_bills',
    `with ${BILLS}, moved as (select count(*) filter (where abs(after - before) * 4 > abs(before)) as many, count(*) as whole from bills)
    select round(10000.0 * many / whole) as value, ${none(['subject', 'previous', 'currency'])} from moved where whole >= 5 and many >= 0.3 * whole`,
  ),
  finding(
    'goodwill_rising',
    `select g.june as value, trunc(g.before / 5) as previous, ${none(['subject', 'currency'])} from (
      select coalesce(sum(granted) filter (where effective_at >= '2026-06-01'), 0) as june, sum(granted) filter (where effective_at < '2026-06-01') as before
      from lots where lane between 0 and 63 and source = 'goodwill' and effective_at >= '2026-01-01') g where g.june * 5 >= g.before * 1.5`,
  ),
  finding('unregistered', strangersOf('r.state is null')),
  finding('blocked_use', strangersOf(`r.state = 'blocked'`)),
  finding('under_water', flagged('gap', 'under_water', 'null::text')),
  finding('below_target', flagged('margin', 'below_target and not under_water', 'null::text')),
  finding('margin_drift', flagged('margin', 'drifted and not under_water and not below_target', 'previous_margin')),
  finding(
    'depleted_early',
    `with ${POOLS} select count(days) as value, count(*) as previous, ${none(['subject', 'currency'])}
    from pools_of_june having 2 * count(days) >= count(*)`,
  ),
];
