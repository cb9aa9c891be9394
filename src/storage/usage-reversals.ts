import type { CustomerKey } from '../domain/customer.ts';
import type { Draw } from '../domain/drawdown.ts';
import type { Dimensions } from '../domain/rating.ts';
import type { ReversibleUsage } from '../domain/usage-reversal.ts';
import type { Transaction } from './database.ts';
import { query } from './query.ts';

export interface FoundUsage {
  readonly usageEventId: string;
  readonly outcome: 'applied' | 'unfunded' | 'observed';
  readonly reversed: boolean;
  /** Another event stands for it. */
  readonly amended: boolean;
  readonly occurredAt: Date;
  readonly action: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly poolId: string;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Dimensions;
  readonly credits: bigint;
  /** Stored, and nobody has paid for it yet. */
  readonly waiting: boolean;
  /** Null where nothing was posted, so nothing can be undone. */
  readonly reversible: ReversibleUsage | null;
}

interface UsageRow extends Omit<FoundUsage, 'reversible'> {
  /** Paid later, by an entry of its own that counted it under no cap. */
  readonly funded: boolean;
  readonly entryId: string | null;
  readonly billingPeriodId: string | null;
  readonly debt: bigint;
  /** Credits of the entry's earlier events: where this one's share of the postings begins. */
  readonly offset: string;
}

/** Usage events of a customer, each with its share of what its entry drew from lots. */
export async function findUsage(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  usageEventIds: readonly string[],
): Promise<readonly FoundUsage[]> {
  const rows = await query<UsageRow>(
    trx,
    `select e.usage_event_id as "usageEventId", e.outcome, coalesce(e.entry_id, f.entry_id) as "entryId", e.action, e.member, e.agent,
       e.pool_id as "poolId", e.quantities, e.dimensions,
       e.occurred_at as "occurredAt", coalesce(j.billing_period_id, e.billing_period_id) as "billingPeriodId",
       e.credits, e.debt, f.entry_id is not null as funded,
       f.usage_event_id is not null and f.funded_at is null as waiting,
       exists (select from usage_reversals r where r.lane = e.lane and r.customer_id = e.customer_id
         and r.usage_event_id = e.usage_event_id) as reversed,
       exists (select from usage_events a where a.lane = e.lane and a.customer_id = e.customer_id
         and a.amends = e.usage_event_id) as amended,
       coalesce((select sum(b.credits) from usage_events b where b.lane = e.lane and b.customer_id = e.customer_id
         and b.entry_id = e.entry_id and b.entry_seq < e.entry_seq), 0)::text as "offset"
     from usage_events e
     left join unfunded_usage f on f.lane = e.lane and f.customer_id = e.customer_id
       and f.usage_event_id = e.usage_event_id
     left join journal_entries j on j.lane = f.lane and j.customer_id = f.customer_id and j.entry_id = f.entry_id
     where e.lane = $1 and e.customer_id = $2 and e.usage_event_id = any ($3::uuid[])
     order by e.recorded_at desc, e.entry_seq desc`,
    [lane, customerId, usageEventIds],
  );
  const postings = await query<{ entryId: string; lotId: string | null; amount: bigint }>(
    trx,
    `select entry_id as "entryId", lot_id as "lotId", amount from postings
     where lane = $1 and customer_id = $2 and entry_id = any ($3::uuid[]) order by entry_id, seq`,
    [lane, customerId, [...new Set(rows.flatMap(({ entryId }) => entryId ?? []))]],
  );
  const byEntry = Map.groupBy(postings, ({ entryId }) => entryId);
  return rows.map(({ entryId, billingPeriodId, debt, offset, funded, ...usage }) => {
    if (entryId === null || billingPeriodId === null) return { ...usage, reversible: null };
    const { usageEventId, occurredAt, credits } = usage;
    const { member, agent } = funded ? { member: null, agent: null } : usage;
    const draws = share(byEntry.get(entryId) ?? [], BigInt(offset), credits);
    return {
      ...usage,
      reversible: { usageEventId, entryId, occurredAt, billingPeriodId, credits, debt, draws, member, agent },
    };
  });
}

/** The part of an entry's postings that lies in [offset, offset + credits), as draws of lots. */
function share(
  postings: readonly { readonly lotId: string | null; readonly amount: bigint }[],
  offset: bigint,
  credits: bigint,
): readonly Draw[] {
  const draws: Draw[] = [];
  let start = 0n;
  for (const { lotId, amount } of postings) {
    const from = start > offset ? start : offset;
    const to = start + amount < offset + credits ? start + amount : offset + credits;
    if (lotId !== null && to > from) draws.push({ lotId, amount: to - from });
    start += amount;
  }
  return draws;
}
