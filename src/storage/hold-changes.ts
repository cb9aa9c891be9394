import type { HoldState, PoolBook } from '../domain/pool-book.ts';
import { gather, write } from './column-writes.ts';
import type { Transaction } from './database.ts';

function holdsOf(book: PoolBook, ids: Iterable<string>): readonly HoldState[] {
  return [...ids].flatMap((id) => book.holds.get(id) ?? []);
}

/** New holds. */
export async function insertHolds(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, (book) => holdsOf(book, book.changes.newHolds)),
    `insert into holds (lane, customer_id, hold_id, pool_id, billing_period_id, action, feature, member, burn_rate_id,
       plan_version_id, quantities, amount, overage_reserved, captured, state, placed_at, expires_at, settled_at, dimensions,
       debt_reserved, agent)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
       $8::text[], $9::uuid[], $10::uuid[], $11::jsonb[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[],
       $16::timestamptz[], $17::timestamptz[], $18::timestamptz[], $19::jsonb[],
       $20::bigint[], $21::text[])`,
    [
      ({ holdId }) => holdId,
      (_, { poolId }) => poolId,
      ({ billingPeriodId }) => billingPeriodId,
      ({ action }) => action,
      ({ feature }) => feature,
      ({ member }) => member,
      ({ burnRateId }) => burnRateId,
      ({ planVersionId }) => planVersionId,
      ({ quantities }) => JSON.stringify(quantities),
      ({ amount }) => amount,
      ({ overageReserved }) => overageReserved,
      ({ captured }) => captured,
      ({ state }) => state,
      ({ placedAt }) => placedAt,
      ({ expiresAt }) => expiresAt,
      ({ settledAt }) => settledAt,
      ({ dimensions }) => JSON.stringify(dimensions),
      ({ debtReserved }) => debtReserved,
      ({ agent }) => agent,
    ],
  );
}

/** New holds that keep nothing of their pool; there are none where every action is enforced. */
export async function markUnreserved(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, (book) => holdsOf(book, book.changes.newHolds).filter(({ reserves }) => !reserves)),
    `update holds h set reserves = false
     from unnest($1::smallint[], $2::uuid[], $3::uuid[]) as c (lane, customer_id, hold_id)
     where h.lane = any ($1) and h.lane = c.lane and h.customer_id = c.customer_id and h.hold_id = c.hold_id`,
    [({ holdId }) => holdId],
  );
}

/** Holds that were captured, released, lapsed or carried. */
export async function updateHolds(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  const touched = (book: PoolBook): readonly HoldState[] =>
    holdsOf(
      book,
      [...book.changes.holds].filter((id) => !book.changes.newHolds.has(id)),
    );
  await write(
    trx,
    gather(books, touched),
    `update holds h set captured = c.captured, overage_reserved = c.overage_reserved, state = c.state,
       settled_at = c.settled_at, debt_reserved = c.debt_reserved
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[],
       $8::bigint[])
       as c (lane, customer_id, hold_id, captured, overage_reserved, state, settled_at, debt_reserved)
     where h.lane = any ($1) and h.lane = c.lane and h.customer_id = c.customer_id and h.hold_id = c.hold_id`,
    [
      ({ holdId }) => holdId,
      ({ captured }) => captured,
      ({ overageReserved }) => overageReserved,
      ({ state }) => state,
      ({ settledAt }) => settledAt,
      ({ debtReserved }) => debtReserved,
    ],
  );
}

/** What each touched hold pins of which lot. */
export async function savePins(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  const pins = gather(books, (book) => {
    const ids = new Set([...book.changes.newHolds, ...book.changes.holds]);
    return holdsOf(book, ids).flatMap((hold) => hold.pins.map((pin) => ({ holdId: hold.holdId, ...pin })));
  });
  await write(
    trx,
    pins,
    `insert into hold_draws (lane, customer_id, hold_id, seq, lot_id, amount, held)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::smallint[], $5::uuid[], $6::bigint[], $7::bigint[])
     on conflict (lane, customer_id, hold_id, seq) do update set held = excluded.held`,
    [({ holdId }) => holdId, ({ seq }) => seq, ({ lotId }) => lotId, ({ amount }) => amount, ({ held }) => held],
  );
}

/** Captures, once per hold and key. */
export async function insertCaptures(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.captures),
    `insert into hold_captures (lane, customer_id, hold_id, capture_key, entry_id, amount, captured_at)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::bigint[],
       $7::timestamptz[])`,
    [
      ({ holdId }) => holdId,
      ({ captureKey }) => captureKey,
      ({ entryId }) => entryId,
      ({ amount }) => amount,
      () => now,
    ],
  );
}
