import type { PoolBook } from '../domain/pool-book.ts';
import { gather, write } from './column-writes.ts';
import type { Transaction } from './database.ts';

/** Usage events with their dedupe keys. */
export async function insertUsage(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  const usage = gather(books, ({ changes }) => changes.usage);
  await write(
    trx,
    usage,
    `insert into usage_events (lane, customer_id, usage_event_id, source, event_id, occurred_at, recorded_at, action,
       member, quantities, credits, overage, debt, outcome, pool_id, billing_period_id, burn_rate_id, entry_id,
       entry_seq, dimensions, amends, agent)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
       $7::timestamptz[], $8::text[], $9::text[], $10::jsonb[], $11::bigint[], $12::bigint[], $13::bigint[],
       $14::text[], $15::uuid[], $16::uuid[], $17::uuid[], $18::uuid[], $19::integer[],
       $20::jsonb[], $21::uuid[], $22::text[])`,
    [
      ({ event }) => event.usageEventId,
      ({ event }) => event.source,
      ({ event }) => event.eventId,
      ({ event }) => event.occurredAt,
      () => now,
      ({ event }) => event.action,
      ({ event }) => event.member,
      ({ event }) => JSON.stringify(event.quantities),
      ({ event }) => event.credits,
      ({ overage }) => overage,
      ({ debt }) => debt,
      ({ outcome }) => outcome,
      (_, { poolId }) => poolId,
      ({ billingPeriodId }) => billingPeriodId,
      ({ event }) => event.burnRateId,
      ({ entryId }) => entryId,
      ({ entrySeq }) => entrySeq,
      ({ event }) => JSON.stringify(event.dimensions),
      ({ event }) => event.amends,
      ({ event }) => event.agent,
    ],
  );
  await write(
    trx,
    usage,
    `insert into usage_event_keys (lane, customer_id, source, event_hash, usage_event_id)
     select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[])`,
    [({ event }) => event.source, ({ event }) => event.eventHash, ({ event }) => event.usageEventId],
  );
}

/** Adds what was metered to its windows. */
export async function addToBuckets(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.buckets.values()),
    `insert into meter_buckets (lane, customer_id, billing_period_id, window_start, metered, last_at)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::timestamptz[])
     on conflict (lane, customer_id, billing_period_id, window_start)
     do update set metered = meter_buckets.metered + excluded.metered,
       last_at = greatest(meter_buckets.last_at, excluded.last_at)`,
    [
      ({ billingPeriodId }) => billingPeriodId,
      ({ windowStart }) => windowStart,
      ({ delta }) => delta,
      ({ lastAt }) => lastAt,
    ],
  );
}

/** Which usage was undone, once per event. */
export async function insertReversals(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.reversals),
    `insert into usage_reversals (lane, customer_id, usage_event_id, entry_id, credits)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[])`,
    [({ usageEventId }) => usageEventId, ({ entryId }) => entryId, ({ credits }) => credits],
  );
}
