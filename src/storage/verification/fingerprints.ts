// Large tables compared by a fingerprint. Each posting's amount is multiplied by hashes of everything that it must show up in
// (its usage events' entry, its lot's counters, its period's meter, its two accounts) and added up; what is kept there is
// multiplied and subtracted the same way. Where every part agrees nothing is left; where one does not, something is, but for
// one time in two thousand million. So a look at all books is one pass over each table, without joining or sorting rows, the
// passes beside each other; only where they do not cancel rows are compared one by one.
import type { Transaction } from '../database.ts';
import { query } from '../query.ts';

const USES = [
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
  'available in pool',
  'frozen in pool',
  'pinned',
] as const;
type Use = (typeof USES)[number];

/** 31 bits of a hash of an id, other ones for each use of it. */
function hash(use: Use, id: string): string {
  return `(uuid_hash_extended(${id}, ${USES.indexOf(use)}) & 2147483647)`;
}

function account(of: 'p.from_' | 'p.to_' | 'a.'): string {
  const row = of.slice(0, 2);
  const owner = `uuid_hash_extended(${row}customer_id, hashtextextended(${row}unit, 0))`;
  const place = `uuid_hash_extended(${of}billing_period_id, hashtextextended(${of}kind, ${owner}))`;
  return `(uuid_hash_extended(${of}pool_id, ${place}) & 2147483647)`;
}

/** 64 bits: two sets of ids that agree in number and in the xor of these are the same. */
function mark(id: string, owner: string): string {
  return `bit_xor(uuid_hash_extended(${id}, ${owner}))`;
}

/** An amount times its hashes, as bigint while the product surely fits: numeric takes five times as long. */
function weighed(amount: string, hashes: string, { where = 'true', below = 4_294_967_296 } = {}): string {
  return `coalesce(sum(${amount} * ${hashes}) filter (where ${amount} between 1 and ${below - 1} and ${where}), 0)
    + coalesce(sum((${amount})::numeric * ${hashes}) filter (where ${amount} not between 0 and ${below - 1} and ${where}), 0)`;
}

/** Micro-credits of a column that is kept, times the hash of what it is kept of. */
function kept(use: Use, id: string, { column, where }: { column?: string; where?: string } = {}): string {
  return weighed(column ?? use, hash(use, id), where === undefined ? {} : { where });
}

/** A counter of the posting's lot, if it has one. */
function inLot(use: Use): string {
  return `coalesce(${hash(use, 'p.lot_id')}, 0)`;
}

const OPENED = `case when p.from_kind like 'issued.%' or p.from_kind in ('rolled', 'carried_out')
  then ${inLot('granted')} else 0 end`;

const IN_USAGE = `(${hash('credits', 'p.entry_id')} + case p.from_kind when 'available' then 0
  when 'overage' then ${hash('overage', 'p.entry_id')} when 'debt' then ${hash('debt', 'p.entry_id')} else 0 end)`;

/** What a posting adds up to in all that keeps count of it; less than 2^34. */
const IN_ALL = `(${account('p.to_')} - ${account('p.from_')}
  + case p.to_kind
      when 'consumed' then ${inLot('drawn')} + ${IN_USAGE} + ${hash('metered', 'p.to_billing_period_id')}
      when 'available' then ${OPENED}
      when 'held' then ${inLot('held')} + ${OPENED}
      when 'frozen' then ${inLot('frozen')}
      when 'consumed_unpaid' then ${inLot('drawn')} + ${IN_USAGE}
      when 'overage' then ${inLot('drawn')}
      when 'debt' then ${inLot('drawn')}
      else case when p.to_kind in ('expired', 'rolled', 'carried_out', 'transferred_out', 'clawed_back')
        then ${inLot('ended')} else 0 end end
  - case p.from_kind
      when 'available' then 0
      when 'held' then case p.to_kind when 'held' then 0 else ${inLot('held')} end
      when 'consumed' then ${inLot('drawn')} + ${hash('metered', 'p.from_billing_period_id')}
      when 'frozen' then case p.to_kind when 'frozen' then 0 else ${inLot('frozen')} end
      else case when p.from_kind in ('consumed_unpaid', 'overage', 'debt') then ${inLot('drawn')}
        when p.from_kind in ('expired', 'clawed_back') then ${inLot('ended')} else 0 end end)`;

/** Entries that consume credits without usage events; in any other entry consumption is a difference. */
const CONSUMES_WITHOUT_EVENTS = `'usage.funded', 'usage.taken_over', 'hold.captured', 'debt.settled'`;

const CONSUMES = `kind in ('usage.burn', ${CONSUMES_WITHOUT_EVENTS})`;

/** All lanes, in one comparison a row: the domain has none below 0. */
const EVERY = 'lane >= 0';

/** What one pass over a table leaves of each figure; one that it says nothing about is 0. */
interface Pass {
  readonly from: string;
  /** Amounts times their hashes. */
  readonly total?: string;
  /** How many entries, and which. */
  readonly entries?: readonly [count: string, mark: string];
  /** How many usage events, and which. */
  readonly events?: readonly [count: string, mark: string];
  /** Rows that must not be there. */
  readonly faults?: string;
  /** Windows of usage that are not rolled up. */
  readonly waiting?: string;
  /** Entries that consume without usage events. */
  readonly otherwise?: string;
  /** Lots of which this look does not see whether they paid within their life. */
  readonly doubts?: string;
}

const SMALL = { below: 268_435_456 };
const APPLIED = `outcome = 'applied'`;
const COUNTERS = (['granted', 'drawn', 'held', 'frozen', 'ended'] as const).map((use) => kept(use, 'lot_id'));

const PASSES: readonly Pass[] = [
  {
    total: `-(${kept('credits', 'entry_id', { where: APPLIED })}
      + coalesce(sum(overage::numeric * ${hash('overage', 'entry_id')} + debt::numeric * ${hash('debt', 'entry_id')})
          filter (where (overage <> 0 or debt <> 0) and ${APPLIED}), 0))`,
    events: ['count(*)', mark('usage_event_id', 'lane')],
    faults: `count(*) filter (where entry_id is null and credits > 0 and ${APPLIED})`,
    from: `usage_events where ${EVERY}`,
  },
  { events: ['-count(*)', mark('usage_event_id', 'lane')], from: `usage_event_keys where ${EVERY}` },
  { total: weighed('p.amount', IN_ALL, SMALL), from: `postings p where p.${EVERY}` },
  {
    // By the index alone, in its order: a hash of as many groups takes three times as long.
    entries: ['count(*)', mark('entry_id', 'uuid_hash_extended(customer_id, 0)')],
    from: `(
        select customer_id, entry_id from (
          select lane, customer_id, entry_id from postings where ${EVERY} order by lane, customer_id, entry_id
        ) ordered group by lane, customer_id, entry_id
      ) posted`,
  },
  {
    entries: ['-sum(entries)', 'bit_xor(entry_mark)'],
    otherwise: 'sum(otherwise)',
    doubts: 'count(*) filter (where last_opened > first_recorded or first_ended <= last_effective)',
    from: `(
        select lane, customer_id, count(*) as entries, ${mark('entry_id', 'uuid_hash_extended(customer_id, 0)')} as entry_mark,
          count(*) filter (where kind in (${CONSUMES_WITHOUT_EVENTS})) as otherwise,
          min(recorded_at) filter (where ${CONSUMES}) as first_recorded,
          max(effective_at) filter (where ${CONSUMES}) as last_effective
        from journal_entries where ${EVERY} group by lane, customer_id
      ) used left join (
        select lane, customer_id, max(effective_at) as last_opened, min(expires_at) as first_ended
        from lots where ${EVERY} group by lane, customer_id
      ) lots using (lane, customer_id)`,
  },
  {
    total: `${kept('available in pool', 'pool_id', { column: '(granted - drawn - held - frozen - ended)' })}
      + ${kept('frozen in pool', 'pool_id', { column: 'frozen' })} + ${kept('pinned', 'lot_id', { column: 'held' })}
      - (${COUNTERS.join(' + ')})`,
    faults: `count(*) filter (where drawn + held + frozen + ended > granted or least(drawn, held, frozen, ended) < 0)`,
    from: `lots where ${EVERY}`,
  },
  { total: `-(${kept('pinned', 'lot_id', { column: 'held' })})`, from: `hold_draws where ${EVERY}` },
  {
    // All accounts of a unit add up to nothing.
    total: `-(${weighed('a.balance', `(${account('a.')} + (hashtextextended(a.unit, 1) & 1073741823))`, { below: 2_147_483_648 })}
      + ${kept('available in pool', 'a.pool_id', { column: 'a.balance', where: `a.kind = 'available'` })}
      + ${kept('frozen in pool', 'a.pool_id', { column: 'a.balance', where: `a.kind = 'frozen'` })})`,
    from: `accounts a where a.${EVERY}`,
  },
  {
    total: `${kept('rolled', 'billing_period_id')} - (${kept('metered', 'billing_period_id')})`,
    waiting: 'count(*) filter (where metered <> rolled)',
    from: `meter_buckets where ${EVERY}`,
  },
  {
    total: `-(${kept('rolled', 'billing_period_id', { column: 'rolled_micro' })})`,
    from: `billing_periods where ${EVERY}`,
  },
];

function selected({
  total = '0',
  entries,
  events,
  faults = '0',
  otherwise = '0',
  doubts = '0',
  waiting = '0',
  from,
}: Pass): string {
  const [entryCount, entryMark] = entries ?? ['0', '0'];
  const [eventCount, eventMark] = events ?? ['0', '0'];
  return `select (${total})::numeric as total, (${entryCount})::bigint as entries, (${entryMark})::bigint as entry_mark,
    (${eventCount})::bigint as events, (${eventMark})::bigint as event_mark, (${faults})::bigint as faults,
    (${otherwise})::bigint as otherwise, (${doubts})::bigint as doubts, (${waiting})::bigint as waiting from ${from}`;
}

/** Passes of a union run beside each other, one in each of PostgreSQL's workers. */
const LOOK = `
  select sum(total)::text as total, sum(entries) = 0 and coalesce(bit_xor(entry_mark), 0) = 0 and sum(events) = 0
      and coalesce(bit_xor(event_mark), 0) = 0 and sum(faults) = 0 as "isSame",
    sum(otherwise) > 0 as "hasOthers", sum(doubts) > 0 as "inDoubt", sum(waiting) > 0 as "isWaiting"
  from (${PASSES.map(selected).join('\n union all ')}) passes`;

/** What was consumed without usage events: asked only where the pass over entries saw some. */
const CONSUMED_OTHERWISE = `
  select (${weighed('p.amount', IN_USAGE, SMALL)})::text as total
  from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
  where e.${EVERY} and p.${EVERY} and p.to_kind in ('consumed', 'consumed_unpaid')
    and e.kind in (${CONSUMES_WITHOUT_EVENTS})`;

interface Look extends Omit<Fingerprints, 'agrees'> {
  readonly total: string;
  readonly isSame: boolean;
  readonly hasOthers: boolean;
}

export interface Fingerprints {
  /** Everything that the fingerprints stand for agrees; false says only that rows have to be looked at. */
  readonly agrees: boolean;
  /** Lots may have paid outside their life: a customer used something before one opened, or after one ended. */
  readonly inDoubt: boolean;
  /** A window of usage is not rolled up. */
  readonly isWaiting: boolean;
}

/** Looks once at everything, or at everything of one lane. */
export async function takeFingerprints(snapshot: Transaction, lane: number | null = null): Promise<Fingerprints> {
  const ask = async <Row extends object>(sql: string): Promise<Row | undefined> => {
    const [row] =
      lane === null
        ? await query<Row>(snapshot, sql)
        : await query<Row>(snapshot, sql.replaceAll(EVERY, 'lane = $1'), [lane]);
    return row;
  };
  const look = await ask<Look>(LOOK);
  if (look === undefined) throw new Error('a sum without a row');
  const { total, isSame, hasOthers, inDoubt, isWaiting } = look;
  const others = hasOthers ? await ask<{ total: string }>(CONSUMED_OTHERWISE) : undefined;
  return { agrees: isSame && BigInt(total) === BigInt(others?.total ?? 0), inDoubt, isWaiting };
}
