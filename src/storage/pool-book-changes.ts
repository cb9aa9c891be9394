import type { PeriodState, PoolBook } from '../domain/pool-book.ts';
import { gather, write } from './column-writes.ts';
import type { Transaction } from './database.ts';
import { insertCaptures, insertHolds, savePins, updateHolds } from './hold-changes.ts';
import { appendEntries } from './journal.ts';
import { insertLots, updateLots } from './lot-changes.ts';
import { requestTrueUp } from './outbox.ts';
import { addToBuckets, insertReversals, insertUsage } from './usage-changes.ts';

/** Writes what decisions changed in these books, with arrays: a statement per table, however many pools. */
export async function saveBookChanges(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  await insertPeriods(trx, books);
  await cutOffPeriods(trx, books);
  await insertLots(trx, books);
  await updateLots(trx, books);
  const entries = books.flatMap(({ customer, changes }) =>
    changes.entries.filter(({ postings }) => postings.length > 0).map((entry) => ({ ...customer, ...entry })),
  );
  await appendEntries(trx, now, entries);
  await insertHolds(trx, books);
  await updateHolds(trx, books);
  await savePins(trx, books);
  await insertCaptures(trx, now, books);
  await insertUsage(trx, now, books);
  await insertReversals(trx, books);
  await addToBuckets(trx, books);
  await insertAnswers(trx, now, books);
  for (const { customer, poolId, changes } of books) {
    if (changes.trueUpCause === null) continue;
    await requestTrueUp(trx, customer, { poolId, causeEntryId: changes.trueUpCause, now });
  }
}

async function insertPeriods(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.newPeriods),
    `insert into billing_periods (lane, customer_id, billing_period_id, pool_id, subscription_id, plan_version_id,
       unit, starts_at, ends_at, cut_off_at, state)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[],
       $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::text[])`,
    [
      ({ billingPeriodId }) => billingPeriodId,
      (_, { poolId }) => poolId,
      ({ subscriptionId }) => subscriptionId,
      ({ planVersionId }) => planVersionId,
      (_, { unit }) => unit,
      ({ startsAt }) => startsAt,
      ({ endsAt }) => endsAt,
      ({ cutOffAt }) => cutOffAt,
      ({ state }) => state,
    ],
  );
}

async function cutOffPeriods(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  const known = (book: PoolBook): readonly string[] => {
    const added = new Set(book.changes.newPeriods.map((period: PeriodState) => period.billingPeriodId));
    return book.changes.cutOffPeriods.filter((id) => !added.has(id));
  };
  await write(
    trx,
    gather(books, known),
    `update billing_periods p set state = 'cut_off'
     from unnest($1::smallint[], $2::uuid[], $3::uuid[]) as c (lane, customer_id, billing_period_id)
     where p.lane = any ($1) and p.lane = c.lane and p.customer_id = c.customer_id
       and p.billing_period_id = c.billing_period_id and p.state = 'open'`,
    [(billingPeriodId) => billingPeriodId],
  );
}

async function insertAnswers(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.answers),
    `insert into idempotency_keys (lane, customer_id, operation, key, fingerprint, effect, created_at)
     select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[],
       $7::timestamptz[])`,
    [
      ({ operation }) => operation,
      ({ key }) => key,
      ({ fingerprint }) => fingerprint,
      ({ effect }) => JSON.stringify(effect),
      () => now,
    ],
  );
}
