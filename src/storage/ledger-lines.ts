import type { LedgerLine, PoolSums } from '../domain/ledger-line.ts';
import type { Database, Transaction } from './database.ts';
import type { PoolsKey } from './pool-sums.ts';
import { query } from './query.ts';

export interface LinesWanted {
  readonly from: Date;
  readonly to: Date;
  readonly opening: PoolSums;
  readonly after: { readonly entryId: string; readonly seq: number } | null;
  readonly limit: number;
}

const SUMS = ['available', 'held', 'frozen', 'overage', 'debt'] as const;

/** Lines of [from, to) by instant, then by entry, each with what the pool stands at after it. */
export async function ledgerLines(
  on: Database | Transaction,
  { lane, customerId, poolIds }: PoolsKey,
  { from, to, opening, after, limit }: LinesWanted,
): Promise<readonly LedgerLine[]> {
  const running = SUMS.map((name) => `sum(${name}) over (order by at, entry_id, seq) as ${name}_after`).join(', ');
  const rows = await query<Row>(
    on,
    `with lines as (${OF_ENTRIES} union all ${OF_USAGE}),
       moved as (select * from lines where available <> 0 or held <> 0 or frozen <> 0 or overage <> 0 or debt <> 0),
       summed as (select moved.*, ${running} from moved)
     select entry_id as "entryId", seq, at, kind, action, usage_event_id as "usageEventId", event_id as "eventId",
       member, actor, reason, source_type as "sourceType", source_id as "sourceId", stripe,
       ${SUMS.map((name) => `${name}::text, ${name}_after::text`).join(', ')}
     from summed
     where $6::uuid is null or (at, entry_id, seq) >
       (select at, entry_id, seq from lines where entry_id = $6 and seq = $7)
     order by at, entry_id, seq limit $8`,
    [lane, customerId, poolIds, from, to, after?.entryId ?? null, after?.seq ?? 0, limit],
  );
  return rows.map((row) => toLine(row, opening));
}

type Row = Omit<LedgerLine, 'changes' | 'balance'> &
  Readonly<Record<(typeof SUMS)[number] | `${(typeof SUMS)[number]}_after`, string>>;

function toLine(row: Row, opening: PoolSums): LedgerLine {
  const { entryId, seq, at, kind, action, usageEventId, eventId, member, actor, reason } = row;
  const { sourceType, sourceId, stripe } = row;
  const after = (name: (typeof SUMS)[number]): bigint => opening[name] + BigInt(row[`${name}_after`]);
  return {
    entryId,
    seq,
    at,
    kind,
    action,
    usageEventId,
    eventId,
    member,
    actor,
    reason,
    sourceType,
    sourceId,
    stripe,
    changes: {
      available: BigInt(row.available),
      held: BigInt(row.held),
      frozen: BigInt(row.frozen),
      overage: BigInt(row.overage),
      debt: BigInt(row.debt),
    },
    balance: {
      available: after('available'),
      held: after('held'),
      frozen: after('frozen'),
      overage: after('overage'),
      debt: after('debt'),
    },
  };
}

/** What came into a kind of account of the pool less what went out of it. */
function moved(kind: string): string {
  return `sum(case when p.to_pool_id = any ($3::uuid[]) and p.to_kind = '${kind}' then p.amount else 0 end
    - case when p.from_pool_id = any ($3::uuid[]) and p.from_kind = '${kind}' then p.amount else 0 end)`;
}

const OF_ENTRIES = `select e.entry_id, 0 as seq, e.effective_at as at, e.kind,
    coalesce(b.action, h.action) as action, null::uuid as usage_event_id, null::text as event_id, h.member, e.actor,
    e.reason, e.source_type, e.source_id, e.stripe, ${moved('available')} as available, ${moved('held')} as held,
    ${moved('frozen')} as frozen, -${moved('overage')} as overage, -${moved('debt')} as debt
  from journal_entries e join postings p using (lane, customer_id, entry_id)
    left join burn_rates b on b.burn_rate_id = e.burn_rate_id
    left join holds h on e.source_type = 'hold' and h.lane = $1 and h.customer_id = $2
      and h.hold_id::text = split_part(e.source_id, '/', 1)
  where e.lane = $1 and e.customer_id = $2 and p.lane = $1 and p.customer_id = $2 and e.kind <> 'usage.burn'
    and e.effective_at >= $4 and e.effective_at < $5 and (p.to_pool_id = any ($3::uuid[]) or p.from_pool_id = any ($3::uuid[]))
  group by e.lane, e.customer_id, e.entry_id, b.action, h.action, h.member`;

/** An entry of usage is dated at its latest event, on the day of all of them. */
const OF_USAGE = `select * from (
  select e.entry_id, u.entry_seq as seq,
    case when e.belongs_to is null then least(u.occurred_at, e.effective_at) else e.effective_at end as at,
    e.kind, u.action, u.usage_event_id, u.event_id, u.member, e.actor, e.reason, 'usage_event' as source_type,
    u.source as source_id, e.stripe, (u.overage + u.debt - u.credits)::numeric as available, 0::numeric as held,
    0::numeric as frozen, u.overage::numeric as overage, u.debt::numeric as debt
  from journal_entries e join usage_events u using (lane, customer_id, entry_id)
  where e.lane = $1 and e.customer_id = $2 and u.lane = $1 and u.customer_id = $2 and u.pool_id = any ($3::uuid[])
    and e.kind = 'usage.burn' and e.effective_at >= $4 and e.effective_at < $5::timestamptz + interval '1 day'
  ) used where at >= $4 and at < $5`;
