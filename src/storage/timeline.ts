// What happened to a customer, newest first, by when it happened: one line an entry, with what the pools stood at
// after it. The sums are counted back from today's, so that a page costs no more than what lies between it and today.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface TimelineLine {
  readonly entryId: string;
  readonly kind: string;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly actor: string;
  readonly reason: string | null;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly action: string | null;
  /** Usage events in it. */
  readonly uses: number;
  readonly stripe: Readonly<Record<string, string>> | null;
  /** Micro-credits. */
  readonly available: bigint;
  readonly held: bigint;
  readonly frozen: bigint;
  /** What is owed more, positive. */
  readonly overage: bigint;
  readonly debt: bigint;
  readonly availableAfter: bigint;
  /** Money that moved, where it did: the largest movement in minor units. */
  readonly moneyMinor: bigint | null;
  readonly currency: string | null;
}

export interface TimelineScope {
  /** Patterns (SQL `like`) of the entry kinds to show; null: all. */
  readonly kinds: readonly string[] | null;
  /** Patterns of kinds to leave out. */
  readonly without: readonly string[];
  /** Older than this entry: the next page. */
  readonly before: string | null;
  readonly limit: number;
}

function moved(kind: string): string {
  return `coalesce(sum(case when p.to_kind = '${kind}' then p.amount end), 0)
    - coalesce(sum(case when p.from_kind = '${kind}' then p.amount end), 0)`;
}

export async function timelineOf(
  db: Database,
  { lane, customerId }: CustomerKey,
  { kinds, without, before, limit }: TimelineScope,
): Promise<readonly TimelineLine[]> {
  return query<TimelineLine>(
    db,
    `with page as (
       select e.* from journal_entries e
       where e.lane = $1 and e.customer_id = $2 and ($3::text[] is null or e.kind like any ($3))
         and not e.kind like any ($6)
         and ($4::uuid is null or (e.effective_at, e.entry_id) < (select b.effective_at, b.entry_id from journal_entries b
           where b.lane = $1 and b.customer_id = $2 and b.entry_id = $4))
       order by e.effective_at desc, e.entry_id desc limit $5),
     since as (
       select e.effective_at, e.entry_id, ${moved('available')} as available
       from journal_entries e join postings p using (lane, customer_id, entry_id)
       where e.lane = $1 and e.customer_id = $2 and p.lane = $1 and p.customer_id = $2
         and (e.effective_at, e.entry_id) >= (select effective_at, entry_id from page order by effective_at, entry_id limit 1)
       group by e.lane, e.customer_id, e.entry_id),
     stood as (
       select entry_id, (select coalesce(sum(balance), 0) from accounts a
           where a.lane = $1 and a.customer_id = $2 and a.kind = 'available')
         - coalesce(sum(available) over (order by effective_at desc, entry_id desc
             rows between unbounded preceding and 1 preceding), 0) as after
       from since)
     select e.entry_id as "entryId", e.kind, e.effective_at as "effectiveAt", e.recorded_at as "recordedAt", e.actor,
       e.reason, e.source_type as "sourceType", e.source_id as "sourceId", coalesce(b.action, h.action) as action,
       (select count(*)::integer from usage_events u where u.lane = $1 and u.customer_id = $2
         and u.entry_id = e.entry_id) as uses, e.stripe, m.available::bigint, m.held::bigint, m.frozen::bigint,
       (-m.overage)::bigint as overage, (-m.debt)::bigint as debt, s.after::bigint as "availableAfter",
       m."moneyMinor", m.currency
     from page e join stood s using (entry_id)
       left join burn_rates b on b.burn_rate_id = e.burn_rate_id
       left join holds h on e.source_type = 'hold' and h.lane = $1 and h.customer_id = $2
         and h.hold_id::text = split_part(e.source_id, '/', 1)
       cross join lateral (
         select ${moved('available')} as available, ${moved('held')} as held, ${moved('frozen')} as frozen,
           ${moved('overage')} as overage, ${moved('debt')} as debt,
           max(p.amount) filter (where c.unit is null) as "moneyMinor", max(p.unit) filter (where c.unit is null) as currency
         from postings p left join credit_units c on c.unit = p.unit
         where p.lane = $1 and p.customer_id = $2 and p.entry_id = e.entry_id) m
     order by e.effective_at desc, e.entry_id desc`,
    [lane, customerId, kinds, before, limit, without],
  );
}
