import { familyOf, type PeriodState, type PoolBook } from '../domain/pool-book.ts';
import { saveAlerts } from './alerts.ts';
import { gather, write } from './column-writes.ts';
import type { Transaction } from './database.ts';
import { insertCaptures, insertHolds, markUnreserved, savePins, updateHolds } from './hold-changes.ts';
import { inStep } from './in-step.ts';
import { appendEntries } from './journal.ts';
import { insertLots, updateLots } from './lot-changes.ts';
import { requestTrueUps } from './outbox.ts';
import { saveCounters } from './pool-book-caps.ts';
import { countVersions } from './pool-versions.ts';
import { insertProviderCosts } from './provider-costs.ts';
import { insertShadowDraws } from './shadow-draws.ts';
import { saveShortfalls } from './shortfalls.ts';
import { addToBuckets, insertReversals, insertUsage } from './usage-changes.ts';

/** Writes what decisions changed in these books, with arrays: a statement per table, however many pools. */
export async function saveBookChanges(trx: Transaction, now: Date, roots: readonly PoolBook[]): Promise<void> {
  const books = roots.flatMap((root) => familyOf(root));
  const entries = books.flatMap(({ customer, changes }) =>
    changes.entries.filter(({ postings }) => postings.length > 0).map((entry) => ({ ...customer, ...entry })),
  );
  // Sent together and run in this order, in which each row comes after those that it refers to.
  await Promise.all([
    savePools(trx, now, books),
    insertPeriods(trx, books),
    cutOffPeriods(trx, books),
    updatePeriods(trx, books),
    insertLots(trx, books),
    updateLots(trx, books),
    appendEntries(trx, now, entries),
    insertHolds(trx, books),
    markUnreserved(trx, books),
    updateHolds(trx, books),
    savePins(trx, books),
    insertCaptures(trx, now, books),
    insertUsage(trx, now, books),
    insertProviderCosts(trx, now, books),
    insertShadowDraws(trx, now, books),
    insertReversals(trx, books),
    saveShortfalls(trx, now, books),
    addToBuckets(trx, books),
    insertAnswers(trx, now, books),
    saveAlerts(trx, now, books),
    saveCounters(trx, roots),
    countVersions(
      trx,
      roots.map(({ customer }) => customer),
    ),
    requestOwnTrueUps(trx, now, roots),
  ]);
}

/** The same for one customer's books. */
export const saveBook = inStep(async (trx: Transaction, asks: readonly (readonly [now: Date, root: PoolBook])[]) => {
  // Who read the clock with others was decided at one instant.
  for (const same of Map.groupBy(asks, ([now]) => now.getTime()).values()) {
    const [[now] = [new Date(Number.NaN)]] = same;
    await saveBookChanges(
      trx,
      now,
      same.map(([, root]) => root),
    );
  }
  return asks.map(() => undefined);
});

/** Stripe knows one customer: what its members' lots want is asked for with its own pool. */
async function requestOwnTrueUps(trx: Transaction, now: Date, roots: readonly PoolBook[]): Promise<void> {
  const causes = roots.flatMap((root) => {
    const [causeEntryId] = familyOf(root).flatMap(({ changes }) => changes.trueUpCause ?? []);
    const { poolId, customer } = root;
    return causeEntryId === undefined ? [] : [[customer, { poolId, causeEntryId, now }] as const];
  });
  await requestTrueUps(trx, causes);
}

async function insertPeriods(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  await write(
    trx,
    gather(books, ({ changes }) => changes.newPeriods),
    `insert into billing_periods (lane, customer_id, billing_period_id, pool_id, subscription_id, plan_version_id,
       unit, starts_at, ends_at, cut_off_at, state, seats, freeze_at, fee_paid_at, frozen_at, is_trial)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[],
       $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::integer[], $13::timestamptz[],
       $14::timestamptz[], $15::timestamptz[], $16::boolean[])`,
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
      ({ seats }) => seats,
      ({ freezeAt }) => freezeAt,
      ({ feePaidAt }) => feePaidAt,
      ({ frozenAt }) => frozenAt,
      ({ isTrial }) => isTrial,
    ],
  );
}

/** What a period that stands already was noted: seats, its fee, an earlier end. */
async function updatePeriods(trx: Transaction, books: readonly PoolBook[]): Promise<void> {
  const changed = ({ changes }: PoolBook): readonly PeriodState[] =>
    [...changes.changedPeriods].filter((period) => !changes.newPeriods.includes(period));
  await write(
    trx,
    gather(books, changed),
    `update billing_periods p set seats = c.seats, fee_paid_at = c.fee_paid_at, frozen_at = c.frozen_at,
       ends_at = c.ends_at, cut_off_at = c.cut_off_at, plan_version_id = c.plan_version_id,
       superseded_by = c.superseded_by
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::integer[], $5::timestamptz[], $6::timestamptz[],
       $7::timestamptz[], $8::timestamptz[], $9::uuid[], $10::uuid[])
       as c (lane, customer_id, billing_period_id, seats, fee_paid_at, frozen_at, ends_at, cut_off_at, plan_version_id,
         superseded_by)
     where p.lane = any ($1) and p.lane = c.lane and p.customer_id = c.customer_id
       and p.billing_period_id = c.billing_period_id`,
    [
      ({ billingPeriodId }) => billingPeriodId,
      ({ seats }) => seats,
      ({ feePaidAt }) => feePaidAt,
      ({ frozenAt }) => frozenAt,
      ({ endsAt }) => endsAt,
      ({ cutOffAt }) => cutOffAt,
      ({ planVersionId }) => planVersionId,
      ({ supersededBy }) => supersededBy,
    ],
  );
}

/** Pools of new members, and what the others note on their own row. */
async function savePools(trx: Transaction, now: Date, books: readonly PoolBook[]): Promise<void> {
  const having = (change: 'new' | 'changed') => (book: PoolBook) => (book.changes.pool === change ? [book] : []);
  await write(
    trx,
    gather(books, having('new')),
    `insert into pools (lane, customer_id, pool_id, unit, member, plan_version_id, state, opened_at, allowances_until)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[],
       $8::timestamptz[], $9::timestamptz[])`,
    [
      ({ poolId }) => poolId,
      ({ unit }) => unit,
      ({ member }) => member,
      ({ terms }) => terms?.planVersionId ?? null,
      ({ state }) => state,
      () => now,
      ({ allowancesUntil }) => allowancesUntil,
    ],
  );
  await write(
    trx,
    gather(books, having('changed')),
    `update pools p set allowances_until = c.allowances_until, has_members = c.has_members
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::boolean[])
       as c (lane, customer_id, pool_id, allowances_until, has_members)
     where p.lane = any ($1) and p.lane = c.lane and p.customer_id = c.customer_id and p.pool_id = c.pool_id`,
    [({ poolId }) => poolId, ({ allowancesUntil }) => allowancesUntil, ({ hasMembers }) => hasMembers],
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
    `update billing_periods p set state = case when p.is_trial then 'final' else 'cut_off' end
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
