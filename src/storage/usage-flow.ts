// The usage of the billing periods that end in a month, from the event to the invoice line. Sums of what was consumed
// come from the accounts, which are kept per period; only the counts of a funnel read the events themselves.
import type { EventCounts, MeterFindings, UsageOfInvoice } from '../domain/usage-flow.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export interface FlowScope {
  readonly lanes: readonly number[];
  /** First day, `YYYY-MM-01`. */
  readonly month: string;
}

/** Billing periods of metered plans that end in the month (`$2`), the first instant of the next one included. */
const PERIODS = `periods as (
    select p.*, u.meter_unit_micro from billing_periods p
    join credit_units u on u.unit = p.unit
    join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
    where p.lane = any($1) and p.ends_at > $2::date::timestamp at time zone 'UTC'
      and p.ends_at <= ($2::date + interval '1 month') at time zone 'UTC')`;

/** One row for each invoice, or period without one, the greatest use first. */
export async function usageOfInvoices(
  on: Database | Transaction,
  { lanes, month }: FlowScope,
): Promise<readonly UsageOfInvoice[]> {
  return query<UsageOfInvoice>(
    on,
    `with ${PERIODS}, used as (
       select p.billing_period_id, sum(a.balance)::bigint as micro from periods p
       join accounts a on a.lane = p.lane and a.customer_id = p.customer_id
         and a.billing_period_id = p.billing_period_id and a.kind = 'consumed' and a.unit = p.unit
       where a.lane = any($1) group by 1),
     billed as (
       select p.lane, p.customer_id, p.unit, p.invoice_id, coalesce(p.invoice_id, p.billing_period_id::text) as key,
         bool_and(p.state = 'final') as is_final, min(p.starts_at) as starts_at, max(p.ends_at) as ends_at,
         max(p.meter_unit_micro) as meter_unit_micro, count(*)::integer as periods,
         sum(p.emitted_units * p.meter_unit_micro)::bigint as metered, coalesce(sum(u.micro), 0)::bigint as ledger
       from periods p left join used u using (billing_period_id)
       group by p.lane, p.customer_id, p.unit, p.invoice_id, 5)
     select b.customer_id as "customerId", coalesce(c.name, c.email, c.external_id, c.stripe_customer_id) as customer,
       b.invoice_id as "invoiceId", i.number, b.is_final as "isFinal", b.starts_at as "startsAt", b.ends_at as "endsAt",
       b.unit, b.meter_unit_micro as "meterUnitMicro", b.periods, b.metered as "meteredMicro", b.ledger as "ledgerMicro",
       case when b.is_final then coalesce(l.units * b.meter_unit_micro, 0)::bigint end as "invoicedMicro",
       coalesce(l.lines, 0)::integer as lines, coalesce(l.amount, 0)::bigint as "invoicedMinor", i.currency
     from billed b
     join customers c on c.lane = b.lane and c.customer_id = b.customer_id
     left join invoices i on i.lane = b.lane and i.customer_id = b.customer_id and i.invoice_id = b.invoice_id
     left join lateral (
       select count(*) as lines, sum(l.quantity::numeric) as units, sum(l.amount_minor) as amount from invoice_lines l
       where l.lane = b.lane and l.customer_id = b.customer_id and l.invoice_id = b.invoice_id and l.kind = 'usage'
         and b.is_final
     ) l on true
     where c.lane = any($1) order by b.ledger desc, b.customer_id, b.ends_at`,
    [lanes, month],
  );
}

/** Events by what became of them: those of the month's periods, and those of the month that belong to none. */
export async function countEvents(
  on: Database | Transaction,
  { lanes, month, unit }: FlowScope & { readonly unit: string },
): Promise<EventCounts> {
  const [row] = await query<EventCounts>(
    on,
    `with ${PERIODS}, span as (select min(starts_at) as starts, max(cut_off_at) + interval '40 days' as ends from periods),
     events as (
       select e.* from usage_events e
       join pools p on p.lane = e.lane and p.customer_id = e.customer_id and p.pool_id = e.pool_id and p.unit = $3
       where e.lane = any($1) and p.lane = any($1)
         and e.recorded_at >= (select starts from span) and e.recorded_at <= (select ends from span)
         and (e.billing_period_id in (select billing_period_id from periods) or (e.billing_period_id is null
           and e.occurred_at >= $2::date::timestamp at time zone 'UTC'
           and e.occurred_at < ($2::date + interval '1 month') at time zone 'UTC'))),
     undone as (
       select count(*)::integer as reversed, coalesce(sum(e.credits), 0)::bigint as micro from events e
       where exists (select from usage_reversals r
         where r.lane = e.lane and r.customer_id = e.customer_id and r.usage_event_id = e.usage_event_id))
     select count(*)::integer as received, coalesce(sum(credits), 0)::bigint as "pricedMicro",
       (count(*) filter (where outcome = 'applied'))::integer as posted,
       (count(*) filter (where outcome = 'unfunded'))::integer as unfunded,
       coalesce(sum(credits) filter (where outcome = 'unfunded'), 0)::bigint as "unfundedMicro",
       (count(*) filter (where outcome = 'observed'))::integer as observed,
       coalesce(sum(credits) filter (where outcome = 'observed'), 0)::bigint as "observedMicro",
       (select reversed from undone), (select micro from undone) as "reversedMicro",
       (select count(*)::integer from quarantined_events where state = 'waiting'
         and received_at >= $2::date::timestamp at time zone 'UTC'
         and received_at < ($2::date + interval '1 month') at time zone 'UTC') as quarantined,
       (select count(*)::integer from hold_captures c
         join holds h on h.lane = c.lane and h.customer_id = c.customer_id and h.hold_id = c.hold_id
         where c.lane = any($1) and h.lane = any($1)
           and h.billing_period_id in (select billing_period_id from periods)) as captures
     from events`,
    [lanes, month, unit],
  );
  if (row === undefined) throw new Error('counting returned no row');
  return row;
}

/** What a comparison found of the meter in these periods, and how many meter events Stripe accepted. */
export async function meterFindings(
  on: Database | Transaction,
  { lanes, month, unit }: FlowScope & { readonly unit: string },
): Promise<MeterFindings> {
  const [row] = await query<MeterFindings>(
    on,
    `with ${PERIODS}, found as (
       select p.meter_unit_micro * v.amount::numeric as micro from variances v
       join periods p on p.lane = v.lane and p.customer_id = v.customer_id and p.unit = $3
         and p.billing_period_id::text = split_part(v.subject, ' ', 2)
       where v.lane = any($1) and v.state = 'open' and v.check_name = 'usage' and v.unit = 'meter units'
         and v.amount is not null)
     select coalesce((select sum(micro) from found), 0)::bigint as micro,
       (select count(*)::integer from found) as variances,
       (select count(*)::integer from outbox o
         join periods p on p.lane = o.lane and p.customer_id = o.customer_id and p.billing_period_id = o.billing_period_id
         where o.lane = any($1) and o.queue = 'meter' and o.call = 'meter_event' and o.state = 'done'
           and p.unit = $3) as sent`,
    [lanes, month, unit],
  );
  if (row === undefined) throw new Error('counting returned no row');
  return row;
}
