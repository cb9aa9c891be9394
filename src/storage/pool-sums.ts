import type { CustomerKey } from '../domain/customer.ts';
// What a pool stood at, from the journal alone. A batch's usage events share one entry that is dated at the latest of
// them, so an instant inside such an entry is found by its events' own times.
import { addSums, NO_SUMS, type PoolSums } from '../domain/ledger-line.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export type PoolsKey = CustomerKey & { readonly poolIds: readonly string[] };

export interface PoolSumsAt {
  readonly sums: PoolSums;
  /** Part of `available` that could not be spent then: lots that had ended and wait for their cut-off, lots of one hold. */
  readonly unspendable: bigint;
  /** Overage by billing period, where there is some. */
  readonly overage: ReadonlyMap<string, bigint>;
}

/** Sums of everything that happened before the instant. */
export async function poolSumsBefore(on: Database | Transaction, pool: PoolsKey, before: Date): Promise<PoolSumsAt> {
  const { lane, customerId, poolIds } = pool;
  const rows = await query<{ kind: string; periodId: string; sum: string }>(
    on,
    `select kind, period_id as "periodId", sum(amount)::text as sum from (
       select p.to_kind as kind, p.to_billing_period_id as period_id, p.amount
       from postings p join journal_entries e using (lane, customer_id, entry_id)
       where p.lane = $1 and p.customer_id = $2 and p.to_pool_id = any ($3::uuid[]) and e.effective_at < $4
       union all
       select p.from_kind, p.from_billing_period_id, -p.amount
       from postings p join journal_entries e using (lane, customer_id, entry_id)
       where p.lane = $1 and p.customer_id = $2 and p.from_pool_id = any ($3::uuid[]) and e.effective_at < $4) moved
     where kind in ('available', 'held', 'frozen', 'overage', 'debt') group by kind, period_id`,
    [lane, customerId, poolIds, before],
  );
  const overage = new Map<string, bigint>();
  const sums = { ...NO_SUMS };
  for (const { kind, periodId, sum } of rows) {
    const amount = BigInt(sum);
    if (kind === 'overage') overage.set(periodId, -amount);
    if (kind === 'available' || kind === 'held' || kind === 'frozen') sums[kind] += amount;
    if (kind === 'overage' || kind === 'debt') sums[kind] -= amount;
  }
  const earlier = await earlierInTheirEntries(on, pool, before);
  for (const { periodId, changes } of earlier) overage.set(periodId, (overage.get(periodId) ?? 0n) + changes.overage);
  return {
    sums: earlier.reduce((all, { changes }) => addSums(all, changes), sums),
    unspendable: await unspendableBefore(on, pool, before),
    overage,
  };
}

interface EarlierUsage {
  readonly periodId: string;
  readonly changes: PoolSums;
}

/** Usage that happened before the instant in entries that are dated at it or later. */
async function earlierInTheirEntries(
  on: Database | Transaction,
  { lane, customerId, poolIds }: PoolsKey,
  before: Date,
): Promise<readonly EarlierUsage[]> {
  const rows = await query<{ periodId: string; credits: string; overage: string; debt: string }>(
    on,
    `select u.billing_period_id as "periodId", sum(u.credits)::text as credits, sum(u.overage)::text as overage,
       sum(u.debt)::text as debt
     from journal_entries e join usage_events u using (lane, customer_id, entry_id)
     where e.lane = $1 and e.customer_id = $2 and e.kind = 'usage.burn' and e.belongs_to is null
       and e.effective_at >= $4 and e.effective_at < $4::timestamptz + interval '1 day'
       and u.lane = $1 and u.customer_id = $2 and u.pool_id = any ($3::uuid[]) and u.occurred_at < $4
     group by u.billing_period_id`,
    [lane, customerId, poolIds, before],
  );
  return rows.map(({ periodId, credits, overage, debt }) => ({
    periodId,
    changes: {
      ...NO_SUMS,
      available: BigInt(overage) + BigInt(debt) - BigInt(credits),
      overage: BigInt(overage),
      debt: BigInt(debt),
    },
  }));
}

async function unspendableBefore(
  on: Database | Transaction,
  { lane, customerId, poolIds }: PoolsKey,
  before: Date,
): Promise<bigint> {
  const [row] = await query<{ sum: string }>(
    on,
    `select coalesce(sum(case when p.to_kind = 'available' and p.to_pool_id = any ($3::uuid[]) then p.amount else 0 end
       - case when p.from_kind = 'available' and p.from_pool_id = any ($3::uuid[]) then p.amount else 0 end), 0)::text as sum
     from lots l join postings p using (lane, customer_id, lot_id)
       join journal_entries e using (lane, customer_id, entry_id)
     where l.lane = $1 and l.customer_id = $2 and l.pool_id = any ($3::uuid[]) and e.effective_at < $4
       and (l.expires_at < $4 or l.only_hold_id is not null)`,
    [lane, customerId, poolIds, before],
  );
  return BigInt(row?.sum ?? '0');
}
