import type { LotState, PoolBook } from '../domain/pool-book.ts';
import { gather, write } from './column-writes.ts';
import type { Transaction } from './database.ts';

function lotsOf(book: PoolBook, ids: Iterable<string>): readonly LotState[] {
  return [...ids].flatMap((id) => book.lots.get(id) ?? []);
}

/** Opens new lots. */
export async function insertLots(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, (book) => lotsOf(book, book.changes.newLots)),
    `insert into lots (lane, customer_id, lot_id, pool_id, unit, source, category, priority, effective_at, expires_at,
       created_at, features, only_hold_id, billing_period_id, origin_lot_id, granted, drawn, held, frozen, ended,
       paid_minor, paid_currency, grant_currency, source_type, source_id)
     select lane, customer_id, lot_id, pool_id, unit, source, category, priority, effective_at, expires_at, created_at,
       case when features is null then null else array(select jsonb_array_elements_text(features::jsonb)) end,
       only_hold_id, billing_period_id, origin_lot_id, granted, drawn, held, frozen, ended, paid_minor, paid_currency,
       grant_currency, source_type, source_id
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[],
       $8::smallint[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::uuid[],
       $14::uuid[], $15::uuid[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[],
       $21::bigint[], $22::text[], $23::text[], $24::text[], $25::text[])
       as l (lane, customer_id, lot_id, pool_id, unit, source, category, priority, effective_at, expires_at,
         created_at, features, only_hold_id, billing_period_id, origin_lot_id, granted, drawn, held, frozen, ended,
         paid_minor, paid_currency, grant_currency, source_type, source_id)`,
    [
      ({ lotId }) => lotId,
      ({ poolId }) => poolId,
      ({ unit }) => unit,
      ({ source }) => source,
      ({ category }) => category,
      ({ priority }) => priority,
      ({ effectiveAt }) => effectiveAt,
      ({ expiresAt }) => expiresAt,
      ({ createdAt }) => createdAt,
      ({ features }) => (features === null ? null : JSON.stringify(features)),
      ({ onlyHoldId }) => onlyHoldId,
      ({ billingPeriodId }) => billingPeriodId,
      ({ originLotId }) => originLotId,
      ({ granted }) => granted,
      ({ drawn }) => drawn,
      ({ held }) => held,
      ({ frozen }) => frozen,
      ({ ended }) => ended,
      ({ paidMinor }) => paidMinor,
      ({ paidCurrency }) => paidCurrency,
      ({ grantCurrency }) => grantCurrency,
      ({ sourceType }) => sourceType,
      ({ sourceId }) => sourceId,
    ],
  );
}

/** Writes the counters of lots that moved. */
export async function updateLots(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  const touched = (book: PoolBook): readonly LotState[] =>
    lotsOf(
      book,
      [...book.changes.lots].filter((id) => !book.changes.newLots.has(id)),
    );
  await write(
    trx,
    gather(books, touched),
    `update lots l set drawn = c.drawn, held = c.held, frozen = c.frozen, ended = c.ended, moved = c.moved,
       disputed = c.disputed
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
       $8::bigint[], $9::bigint[]) as c (lane, customer_id, lot_id, drawn, held, frozen, ended, moved, disputed)
     where l.lane = any ($1) and l.lane = c.lane and l.customer_id = c.customer_id and l.lot_id = c.lot_id`,
    [
      ({ lotId }) => lotId,
      ({ drawn }) => drawn,
      ({ held }) => held,
      ({ frozen }) => frozen,
      ({ ended }) => ended,
      ({ moved }) => moved,
      ({ disputed }) => disputed,
    ],
  );
}
