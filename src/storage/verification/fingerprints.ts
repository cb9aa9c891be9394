// Large tables compared by a fingerprint. Each posting's amount is multiplied by hashes of everything that it must show up in
// (its usage events' entry, its lot's counters, its period's meter, its two accounts) and added up; what is kept there is
// multiplied and added up the same way. Where every part agrees the sums do; where one does not, they differ, but for one time
// in two thousand million. So a look at all books is a few passes without sorting or grouping, and only where the sums
// differ rows are compared one by one.
import type { Transaction } from '../database.ts';
import { query } from '../query.ts';

type Use = 'credits' | 'overage' | 'debt' | 'granted' | 'drawn' | 'held' | 'frozen' | 'ended' | 'metered' | 'rolled';
const USES: readonly Use[] = [
  'credits',
  'overage',
  'debt',
  'granted',
  'drawn',
  'held',
  'frozen',
  'ended',
  'metered',
  'rolled',
];

/** 31 bits of a hash of an id, other ones for each use of it. */
function hash(use: Use, id: string): string {
  return `(uuid_hash_extended(${id}, ${USES.indexOf(use)}) & 2147483647)`;
}

function when(condition: string, value: string): string {
  return `case when ${condition} then ${value} else 0 end`;
}

/** Micro-credits of a column that is kept, times the hash of what it is kept of. */
function kept(use: Use, id: string, column: string = use): string {
  return `coalesce(sum(case when ${column} <> 0 then ${column}::numeric * ${hash(use, id)} end), 0)`;
}

function account(of: 'p.from_' | 'p.to_' | 'a.'): string {
  const row = of.slice(0, 2);
  const columns = [`${row}customer_id`, `${of}pool_id`, `${of}billing_period_id`, `${of}kind`, `${row}unit`];
  return `(hash_record_extended(row(${columns.join(', ')}), 0) & 2147483647)`;
}

const OPENS = `(p.from_kind like 'issued.%' or p.from_kind in ('rolled', 'carried_out'))`;
const SPENT = `('consumed', 'consumed_unpaid', 'overage', 'debt')`;

const IN_LOT = [
  when(`p.to_kind in ('available', 'held') and ${OPENS}`, hash('granted', 'p.lot_id')),
  when(`p.to_kind in ${SPENT}`, hash('drawn', 'p.lot_id')),
  when(`p.from_kind in ${SPENT} and not ${OPENS}`, `-${hash('drawn', 'p.lot_id')}`),
  when(`p.to_kind = 'held'`, hash('held', 'p.lot_id')),
  when(`p.from_kind = 'held' and p.to_kind <> 'held'`, `-${hash('held', 'p.lot_id')}`),
  when(`p.to_kind = 'frozen'`, hash('frozen', 'p.lot_id')),
  when(`p.from_kind = 'frozen' and p.to_kind <> 'frozen'`, `-${hash('frozen', 'p.lot_id')}`),
  when(
    `p.to_kind in ('expired', 'rolled', 'carried_out', 'transferred_out', 'clawed_back')`,
    hash('ended', 'p.lot_id'),
  ),
  when(`p.from_kind in ('expired', 'clawed_back')`, `-${hash('ended', 'p.lot_id')}`),
].join(' + ');

const IN_USAGE = [
  hash('credits', 'p.entry_id'),
  when(`p.from_kind = 'overage'`, hash('overage', 'p.entry_id')),
  when(`p.from_kind = 'debt'`, hash('debt', 'p.entry_id')),
].join(' + ');

/** The postings with their entries and lots: their sum, and what must not be there at all. */
const POSTED = `
  select coalesce(sum(p.amount::numeric * (
      ${when(`e.kind = 'usage.burn' and p.to_kind in ('consumed', 'consumed_unpaid')`, IN_USAGE)}
      + ${when('p.lot_id is not null', IN_LOT)}
      + ${when(`p.to_kind = 'consumed'`, hash('metered', 'p.to_billing_period_id'))}
      - ${when(`p.from_kind = 'consumed'`, hash('metered', 'p.from_billing_period_id'))}
      + ${account('p.to_')}
      - ${account('p.from_')})), 0) as total,
    count(*) filter (where p.seq = 0) as entries,
    count(*) filter (where e.entry_id is null or p.lot_id is not null and l.lot_id is null) as strays,
    count(*) filter (where p.from_kind = 'available' and p.to_kind = 'consumed'
      and (e.recorded_at < l.effective_at or (e.effective_at >= l.expires_at
        and coalesce(e.belongs_to at time zone 'UTC', e.effective_at) >= l.expires_at))) as late
  from postings p
  left join journal_entries e on e.lane = p.lane and e.customer_id = p.customer_id and e.entry_id = p.entry_id
  left join lots l on l.lane = p.lane and l.customer_id = p.customer_id and l.lot_id = p.lot_id
  where p.lane = any($1)`;

const LOT_COUNTERS = (['granted', 'drawn', 'held', 'frozen', 'ended'] as const).map((use) => kept(use, 'lot_id'));
const USE_SHARES = (['credits', 'overage', 'debt'] as const).map((use) => kept(use, 'entry_id'));

/** Each selects whether it agrees. */
const FINGERPRINTS: readonly string[] = [
  `with posted as (${POSTED}), used as (
     select ${USE_SHARES.join(' + ')} as total, count(*) filter (where entry_id is null and credits > 0) as strays
     from usage_events where lane = any($1) and outcome = 'applied')
   select posted.strays + posted.late + used.strays = 0
     and posted.entries = (select count(*) from journal_entries where lane = any($1))
     and posted.total = used.total
       + (select ${LOT_COUNTERS.join(' + ')} from lots where lane = any($1))
       + (select ${kept('metered', 'billing_period_id')} from meter_buckets where lane = any($1))
       + (select coalesce(sum(a.balance::numeric * ${account('a.')}), 0) from accounts a where a.lane = any($1)) as agrees
   from posted, used`,
  `select (select (count(*), bit_xor(uuid_hash_extended(usage_event_id, 0)), bit_xor(uuid_hash_extended(usage_event_id, 1)))
      from usage_events where lane = any($1))
     = (select (count(*), bit_xor(uuid_hash_extended(usage_event_id, 0)), bit_xor(uuid_hash_extended(usage_event_id, 1)))
      from usage_event_keys where lane = any($1)) as agrees`,
  `select (select ${kept('rolled', 'billing_period_id')} from meter_buckets where lane = any($1))
     = (select ${kept('rolled', 'billing_period_id', 'rolled_micro')} from billing_periods where lane = any($1)) as agrees`,
];

/** Whether everything that the fingerprints stand for agrees; false says only that rows have to be looked at. */
export async function fingerprintsAgree(snapshot: Transaction, lanes: readonly number[]): Promise<boolean> {
  for (const sql of FINGERPRINTS) {
    const [row] = await query<{ agrees: boolean }>(snapshot, sql, [lanes]);
    if (row?.agrees !== true) return false;
  }
  return true;
}
