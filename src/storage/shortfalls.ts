// Usage that nobody has paid for yet: read only for pools that are marked with it.
import { NIL_ID } from '../domain/account.ts';
import type { PoolBook } from '../domain/pool-book.ts';
import type { UnfundedUsage } from '../domain/shortfall.ts';
import { gather, write } from './column-writes.ts';
import type { Database, Transaction } from './database.ts';
import { parametersOf, type Scope, scopeOf, WANTED } from './pool-scope.ts';
import { query } from './query.ts';

/** Waiting events of a pool that are read at once; more are paid at the next touch. */
const WAITING_MAX = 1_000;

/** Puts into marked books what waits to be paid, oldest first. */
export async function readUnfunded(on: Database | Transaction, books: readonly PoolBook[]): Promise<void> {
  const marked = books.filter(({ shortfall }) => shortfall.unfundedSum > 0n);
  if (marked.length === 0) return;
  const rows = await query<UnfundedUsage & { poolId: string }>(
    on,
    `select pool_id as "poolId", usage_event_id as "usageEventId", action, feature, credits,
       occurred_at as "occurredAt", burn_rate_id as "burnRateId"
     from (select *, row_number() over (partition by lane, customer_id, pool_id order by position) as turn
       from unfunded_usage ${WANTED} where lane = any ($3::smallint[]) and funded_at is null) as waiting
     where turn <= ${WAITING_MAX} order by turn`,
    parametersOf(scopeOf(marked.map(({ customer }) => customer))),
  );
  const byPool = new Map(marked.map((book) => [book.poolId, book.shortfall.unfunded]));
  for (const { poolId, ...usage } of rows) byPool.get(poolId)?.push(usage);
}

/** Puts into the books what stands past their lots: overage, debt, and what is reserved of either. */
export async function readShortfalls(
  on: Database | Transaction,
  scope: Scope,
  byPool: ReadonlyMap<string, PoolBook>,
): Promise<void> {
  const rows = await query<{ poolId: string; periodId: string; kind: string; balance: bigint }>(
    on,
    // Customer by customer: joined freely, the planner compares every customer with every account.
    `select a.pool_id as "poolId", a.billing_period_id as "periodId", a.kind, a.balance
     from unnest($1::smallint[], $2::uuid[]) as wanted (lane, customer_id)
     cross join lateral (
       select * from accounts
       where accounts.lane = any ($3::smallint[]) and accounts.lane = wanted.lane
         and accounts.customer_id = wanted.customer_id
         and pool_id = any ($4::uuid[])
         and kind in ('overage', 'overage_reserved', 'billed', 'written_off', 'debt', 'debt_reserved', 'consumed', 'consumed_unpaid') and balance <> 0
       offset 0
     ) a`,
    [...parametersOf(scope), [...byPool.keys()]],
  );
  for (const { poolId, periodId, kind, balance } of rows) {
    const book = byPool.get(poolId);
    if (book === undefined) continue;
    if (kind === 'debt' && periodId === NIL_ID) {
      book.debt -= balance;
      book.shortfall.clawedDebt -= balance;
    } else if (kind === 'consumed_unpaid') book.shortfall.clawedDebt -= balance;
    else if (kind === 'debt_reserved') book.shortfall.debtReserved = balance;
    else if (kind === 'consumed') book.shortfall.consumed.set(periodId, balance);
    else if (kind === 'overage') book.overage.set(periodId, -balance);
    else if (kind === 'billed' || kind === 'written_off')
      book.billed.set(periodId, (book.billed.get(periodId) ?? 0n) - balance);
    else book.overageReserved.set(periodId, balance);
  }
}

/** Writes what began to wait and what waits no longer, and marks the pools. */
export async function saveShortfalls(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ shortfall }) => shortfall.changes.recorded),
    `insert into unfunded_usage (lane, customer_id, usage_event_id, pool_id, action, feature, credits, occurred_at,
       burn_rate_id, recorded_at)
     select lane, customer_id, usage_event_id, pool_id, action, feature, credits, occurred_at, burn_rate_id, recorded_at
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[],
       $8::timestamptz[], $9::uuid[], $10::timestamptz[]) with ordinality
       as u (lane, customer_id, usage_event_id, pool_id, action, feature, credits, occurred_at, burn_rate_id,
         recorded_at, turn)
     order by turn`,
    [
      ({ usageEventId }) => usageEventId,
      (_, { poolId }) => poolId,
      ({ action }) => action,
      ({ feature }) => feature,
      ({ credits }) => credits,
      ({ occurredAt }) => occurredAt,
      ({ burnRateId }) => burnRateId,
      () => now,
    ],
  );
  await write(
    trx,
    gather(books, ({ shortfall }) => shortfall.changes.funded),
    `update unfunded_usage u set entry_id = c.entry_id, funded_at = $5
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[]) as c (lane, customer_id, usage_event_id, entry_id)
     where u.lane = any ($1) and u.lane = c.lane and u.customer_id = c.customer_id
       and u.usage_event_id = c.usage_event_id and u.funded_at is null`,
    [({ usageEventId }) => usageEventId, ({ entryId }) => entryId],
    [now],
  );
  await write(
    trx,
    gather(books, (book) => (isChanged(book) ? [book] : [])),
    `update pools p set unfunded = c.unfunded
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::bigint[]) as c (lane, customer_id, pool_id, unfunded)
     where p.lane = any ($1) and p.lane = c.lane and p.customer_id = c.customer_id and p.pool_id = c.pool_id`,
    [({ poolId }) => poolId, ({ shortfall }) => shortfall.unfundedSum],
  );
}

function isChanged({ shortfall: { changes } }: PoolBook): boolean {
  return changes.recorded.length > 0 || changes.funded.length > 0;
}
