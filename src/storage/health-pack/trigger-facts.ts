// What the triggers are evaluated from, for one month.
import { endOf, monthAfter, type Month, startOf } from '../../domain/health-pack/section.ts';
import { type CohortUse, TRIGGER_LIMITS, type TriggerFacts } from '../../domain/health-pack/triggers.ts';
import type { Transaction } from '../database.ts';
import { query } from '../query.ts';
import { STOOD_USE } from './stood-use.ts';

export async function triggerFacts(trx: Transaction, month: Month): Promise<TriggerFacts> {
  const [cohorts, customers, complaints, invoices, strained] = [
    await cohortUse(trx, month),
    await counted(trx, month, `select count(distinct customer_id)::int as many from (${STOOD_USE}) used`),
    await counted(
      trx,
      month,
      `select ((select count(*) from cases where lane between 0 and 63 and kind in ('billing_error', 'dispute')
           and opened_at >= $1 and opened_at < $2)
         + (select count(*) from disputes d where d.lane between 0 and 63 and d.created_at >= $1 and d.created_at < $2
           and not exists (select from cases c where c.lane = d.lane and c.customer_id = d.customer_id
             and c.stripe_object = d.dispute_id)))::int as many`,
    ),
    await counted(
      trx,
      month,
      `select count(*)::int as many from invoices where lane between 0 and 63 and billing_reason = 'subscription_cycle'
         and status in ('open', 'paid', 'uncollectible') and finalized_at >= $1 and finalized_at < $2`,
    ),
    await counted(
      trx,
      month,
      // Those that are explained were settled by the run that found them.
      `select count(*)::int as many from variances where lane between 0 and 63 and found_at >= $1 and found_at < $2
         and case when state = 'open' then coalesce((select instant from simulated_clock), clock_timestamp()) else closed_at end
           >= found_at + interval '7 days'`,
    ),
  ];
  return { cohorts, customers, complaints, invoices, strained };
}

async function counted(trx: Transaction, month: Month, sql: string): Promise<number> {
  const [row] = await query<{ many: number }>(trx, sql, [startOf(month), endOf(month)]);
  return row?.many ?? 0;
}

/** Each plan's customers by their plan now: how even their use was, and what of it one action is. */
async function cohortUse(trx: Transaction, month: Month): Promise<readonly CohortUse[]> {
  const { cycles, spreadPercent } = TRIGGER_LIMITS;
  const rows = await query<Omit<CohortUse, 'credits' | 'topCredits'> & { credits: string; topCredits: string }>(
    trx,
    `with used as (
       select lane, customer_id, action, date_trunc('month', at at time zone 'UTC') as month, sum(credits) as credits
       from (${STOOD_USE}) u group by 1, 2, 3, 4),
     members as (
       select p.lane, p.customer_id, v.plan from pools p join plan_versions v using (plan_version_id)
       where p.lane between 0 and 63 and p.member is null),
     monthly as (
       select m.plan, u.lane, u.customer_id, u.month, sum(u.credits) as credits
       from used u join members m using (lane, customer_id) group by 1, 2, 3, 4),
     customers as (
       select plan, lane, customer_id, min(credits) as least, max(credits) as most, avg(credits) as mean
       from monthly where credits > 0 group by 1, 2, 3 having count(*) = $3),
     actions as (
       select m.plan, u.action, sum(u.credits) as credits,
         row_number() over (partition by m.plan order by sum(u.credits) desc, u.action) as place
       from used u join members m using (lane, customer_id) where u.month = ($4::timestamptz at time zone 'UTC') group by 1, 2)
     select plan, (select count(*) from customers c where c.plan = t.plan)::int as customers,
       (select count(*) from customers c where c.plan = t.plan and c.most <= c.mean * (100 + $5) / 100
         and c.least >= c.mean * (100 - $5) / 100)::int as stable,
       sum(credits)::text as credits, max(action) filter (where place = 1) as "topAction",
       coalesce(max(credits) filter (where place = 1), 0)::text as "topCredits"
     from actions t group by plan order by plan`,
    [startOf(monthAfter(month, 1 - cycles)), endOf(month), cycles, startOf(month), spreadPercent],
  );
  return rows.map((row) => ({ ...row, credits: BigInt(row.credits), topCredits: BigInt(row.topCredits) }));
}
