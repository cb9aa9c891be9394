// What must hold of entries and postings themselves, also against a hand that switched the constraints off.
import type { LedgerCheck } from '../verify.ts';

export const JOURNAL_CHECKS: readonly LedgerCheck[] = [
  {
    invariant: 'INV-01',
    claim: 'every entry has postings',
    isFingerprinted: true,
    sql: `
      select 'entry ' || e.entry_id || ' ' || e.kind as subject, 'at least one posting' as expected, 'none' as found
      from journal_entries e
      where e.lane = any($1) and ($2::uuid is null or e.customer_id = $2)
        and not exists (select from postings p
          where p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-01',
    claim: 'every posting belongs to an entry and joins two accounts of its own unit',
    isFingerprinted: true,
    sql: `
      select 'posting ' || p.entry_id || '/' || p.seq as subject, 'an entry and two ' || p.unit || ' accounts' as expected,
        concat_ws(', ', case when e.entry_id is null then 'no entry' end,
          case when f.kind is null then 'no account ' || p.from_kind end,
          case when t.kind is null then 'no account ' || p.to_kind end) as found
      from postings p
      left join journal_entries e on e.lane = p.lane and e.customer_id = p.customer_id and e.entry_id = p.entry_id
      left join accounts f on f.lane = p.lane and f.customer_id = p.customer_id and f.pool_id = p.from_pool_id
        and f.billing_period_id = p.from_billing_period_id and f.kind = p.from_kind and f.unit = p.unit
      left join accounts t on t.lane = p.lane and t.customer_id = p.customer_id and t.pool_id = p.to_pool_id
        and t.billing_period_id = p.to_billing_period_id and t.kind = p.to_kind and t.unit = p.unit
      where p.lane = any($1) and ($2::uuid is null or p.customer_id = $2)
        and (e.entry_id is null or f.kind is null or t.kind is null)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-10',
    claim: 'nothing is recorded in a month after its close',
    sql: `
      select 'entry ' || e.entry_id || ' ' || e.kind as subject,
        'recorded by ' || m.closed_at || ', when ' || to_char(m.month, 'YYYY-MM') || ' was closed' as expected,
        'recorded at ' || e.recorded_at as found
      from journal_entries e
      join accounting_periods m on m.month = date_trunc('month', e.effective_at at time zone 'UTC')::date
      where e.lane = any($1) and ($2::uuid is null or e.customer_id = $2) and e.recorded_at > m.closed_at
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-16',
    claim: 'a source has one entry of a kind',
    sql: `
      select 'source ' || e.source_type || ' ' || e.source_id as subject, 'one entry ' || e.kind as expected,
        count(*)::text || ' entries' as found
      from journal_entries e
      where e.lane = any($1) and ($2::uuid is null or e.customer_id = $2) and e.source_type <> 'usage'
      group by e.lane, e.customer_id, e.source_type, e.source_id, e.kind having count(*) > 1
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-24',
    claim: 'a message for Stripe names an entry that exists',
    sql: `
      select 'outbox ' || o.outbox_id || ' ' || o.key as subject, 'entry ' || o.entry_id as expected, 'none' as found
      from outbox o
      left join journal_entries e on e.lane = o.lane and e.customer_id = o.customer_id and e.entry_id = o.entry_id
      where o.lane = any($1) and ($2::uuid is null or o.customer_id = $2) and o.entry_id is not null
        and e.entry_id is null
      order by 1 limit $3`,
  },
];
