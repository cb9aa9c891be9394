// The bills side by side of June 2026: those of now as Stripe invoiced them, those of the candidate worked out anew. Plan
// metered is USD 9.00 and nothing included; what was bought or given pays first, at USD 0.007 a credit.
import type { Claim } from './claims.ts';
import { JUNE } from './use.ts';

/** June's fee is on May's last invoice; its use, what credits paid and corrections are on the one of 1 July. */
const NOW = `invoiced as (
  select l.customer_id, coalesce(sum(l.amount_minor) filter (where l.kind = 'base' and l.period_start = '2026-06-01'), 0) as fee,
    coalesce(sum(l.amount_minor) filter (where l.kind = 'usage' and i.finalized_at >= '2026-07-01'), 0) as use,
    coalesce(sum(l.credits_applied_minor - case l.kind when 'correction' then l.amount_minor else 0 end)
      filter (where l.kind in ('usage', 'correction') and i.finalized_at >= '2026-07-01'), 0) as paid
  from invoice_lines l join invoices i using (invoice_id) where l.lane between 0 and 63 and i.lane between 0 and 63 group by 1)`;

const USED = `used as (
  select customer_id, sum(credits) as micro from (
    select customer_id, credits from usage_events e where lane between 0 and 63 and occurred_at between ${JUNE}
      and usage_event_id not in (select usage_event_id from usage_reversals where lane between 0 and 63)
    union all select customer_id, amount from hold_captures where lane between 0 and 63 and captured_at between ${JUNE}) u group by 1),
overage as (
  select customer_id, sum(case from_kind when 'overage' then amount else -amount end) as micro from postings p
  join billing_periods b using (customer_id) where p.lane between 0 and 63 and b.lane between 0 and 63 and b.ends_at = '2026-07-01'
    and 'overage' in (from_kind, to_kind) and from_kind <> 'billed' and b.billing_period_id in (p.from_billing_period_id, p.to_billing_period_id)
  group by 1)`;

/** What was there on 1 June without coming with a fee, and what was given since. */
const OTHER_LOTS = `other_lots as (
  select l.customer_id, sum(case when p.to_kind = 'available' then p.amount else -p.amount end) as micro
  from lots l join postings p on p.lot_id = l.lot_id and p.lane between 0 and 63 and 'available' in (p.from_kind, p.to_kind)
  join journal_entries j on j.entry_id = p.entry_id and j.lane between 0 and 63
  where l.lane between 0 and 63 and l.source <> 'included'
    and (j.effective_at < '2026-06-01' or (p.to_kind = 'available' and l.effective_at between ${JUNE} and j.effective_at = l.effective_at))
  group by 1)`;

function side(
  plan: string,
  of: { fee: string; used: string; overage: string; use: string; paid: string; expired: string },
): string {
  const { fee, used, overage, use, paid, expired } = of;
  return `json_build_object('plan', ${plan}, 'periods', json_build_array(json_build_object('starts_at', b.starts_at, 'ends_at', b.ends_at,
      'seats', 1, 'fee_minor', ${fee}, 'fee_share_minor', ${fee}, 'proration_minor', 0, 'used_micro', ${used}, 'overage_micro', ${overage},
      'usage_minor', ${use}, 'credits_applied_minor', ${paid}, 'packs_minor', 0, 'rounding_minor', 0, 'total_minor', ${fee} + ${use} - ${paid})),
    'outcome', json_build_object('unfunded_micro', 0, 'debt_micro', 0, 'refused_micro', 0, 'expired_micro', ${expired}))`;
}

export const BILL_CLAIMS: readonly Claim[] = [
  {
    at: 'side_by_side.data.bills',
    sql: `with ${NOW}, ${USED}, ${OTHER_LOTS}, facts as (
        select b.customer_id, b.starts_at, b.ends_at, v.plan || '@' || v.version as plan, i.fee, i.use, i.paid, u.micro as used, coalesce(o.micro, 0) as overage,
          least(u.micro, coalesce(l.micro, 0)) as drawn, (select coalesce(sum(ended), 0) from lots e where e.lane between 0 and 63
            and e.customer_id = b.customer_id and e.expires_at > b.starts_at and e.expires_at <= b.ends_at) as expired
        from billing_periods b join plan_versions v using (plan_version_id) join invoiced i using (customer_id) join used u using (customer_id)
        left join overage o using (customer_id) left join other_lots l using (customer_id)
        where b.lane between 0 and 63 and b.ends_at > '2026-06-01' and b.ends_at <= '2026-07-01')
      select b.customer_id, fee + use - paid as before_minor, 900 + (used - drawn) * 7 / 10000000 as after_minor,
        900 + (used - drawn) * 7 / 10000000 - (fee + use - paid) as difference_minor,
        ${side('plan', { fee: 'fee', used: 'used', overage: 'overage', use: 'use', paid: 'paid', expired: 'expired' })} as before,
        ${side(`'metered@1'`, { fee: '900', used: 'used', overage: '(used - drawn)', use: '(used * 7 / 10000000)', paid: '(drawn * 7 / 10000000)', expired: '0' })} as after
      from facts b order by difference_minor desc, customer_id`,
  },
  {
    at: 'side_by_side.data',
    sql: `select count(*) as left_out from customers c where c.lane between 0 and 63 and not exists (select from billing_periods b
      where b.lane between 0 and 63 and b.customer_id = c.customer_id and b.ends_at <= '2026-07-01')`,
  },
  // What was asked for, not a figure.
  { at: 'side_by_side.data.candidate', sql: `select 1 as version` },
];
