// Each lot's counters from the postings that carry its id. Drawn: into what use, overage or debt consumed of it;
// ended: what expired, rolled, was carried or clawed back; what comes back by the same way is taken off again.
import type { LedgerCheck } from '../verify.ts';

const MOVED = `
  select lane, customer_id, lot_id,
    coalesce(sum(amount) filter (where to_kind in ('available', 'held') and OPENS), 0) as granted,
    coalesce(sum(case when to_kind in ('consumed', 'consumed_unpaid', 'overage', 'debt') then amount end), 0)
      - coalesce(sum(case when from_kind in ('consumed', 'consumed_unpaid', 'overage', 'debt') and not OPENS then amount end), 0) as drawn,
    coalesce(sum(case when to_kind = 'held' then amount when from_kind = 'held' then -amount end), 0) as held,
    coalesce(sum(case when to_kind = 'frozen' then amount when from_kind = 'frozen' then -amount end), 0) as frozen,
    coalesce(sum(case when to_kind in ('expired', 'rolled', 'carried_out', 'transferred_out', 'clawed_back') then amount end), 0)
      - coalesce(sum(case when from_kind in ('expired', 'clawed_back') then amount end), 0) as ended
  from postings
  where lane = any($1) and ($2::uuid is null or customer_id = $2) and lot_id is not null
  group by lane, customer_id, lot_id`.replaceAll(
  'OPENS',
  `(from_kind like 'issued.%' or from_kind in ('rolled', 'carried_out'))`,
);

export const LOT_CHECKS: readonly LedgerCheck[] = [
  {
    invariant: 'INV-05',
    claim: 'a lot is neither drawn nor held beyond what was granted',
    isFingerprinted: true,
    sql: `
      select 'lot ' || lot_id as subject, 'at most ' || granted as expected,
        concat_ws(' ', 'drawn', drawn, 'held', held, 'frozen', frozen, 'ended', ended) as found
      from lots
      where lane = any($1) and ($2::uuid is null or customer_id = $2)
        and (drawn + held + frozen + ended > granted or least(drawn, held, frozen, ended) < 0)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-09',
    claim: "a lot's counters are what its postings moved",
    isFingerprinted: true,
    sql: `
      with moved as (${MOVED}), kept as (
        select lane, customer_id, lot_id, granted, drawn, held, frozen, ended
        from lots where lane = any($1) and ($2::uuid is null or customer_id = $2)
      )
      select 'lot ' || lot_id as subject,
        case when moved.granted is null then 'no posting' else concat_ws(' ', 'granted', moved.granted, 'drawn',
          moved.drawn, 'held', moved.held, 'frozen', moved.frozen, 'ended', moved.ended) end as expected,
        case when kept.granted is null then 'no lot' else concat_ws(' ', 'granted', kept.granted, 'drawn', kept.drawn,
          'held', kept.held, 'frozen', kept.frozen, 'ended', kept.ended) end as found
      from moved full join kept using (lane, customer_id, lot_id)
      where (moved.granted, moved.drawn, moved.held, moved.frozen, moved.ended)
        is distinct from (kept.granted, kept.drawn, kept.held, kept.frozen, kept.ended)
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-12',
    claim: 'a lot pays for nothing that happened outside its life',
    isFingerprinted: 'unless in doubt',
    sql: `
      select 'lot ' || l.lot_id || ' entry ' || e.entry_id as subject,
        'drawn from ' || l.effective_at || coalesce(' to before ' || l.expires_at, '') as expected,
        'drawn at ' || e.effective_at as found
      from lots l
      join postings p on p.lane = l.lane and p.customer_id = l.customer_id and p.lot_id = l.lot_id
      join journal_entries e on e.lane = p.lane and e.customer_id = p.customer_id and e.entry_id = p.entry_id
      where l.lane = any($1) and ($2::uuid is null or l.customer_id = $2)
        and p.from_kind = 'available' and p.to_kind = 'consumed'
        -- What belongs to a closed month is dated where it was recorded.
        and (e.recorded_at < l.effective_at or (e.effective_at >= l.expires_at
          and coalesce(e.belongs_to at time zone 'UTC', e.effective_at) >= l.expires_at))
      order by 1 limit $3`,
  },
];
