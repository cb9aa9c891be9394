// A customer's books written through the journal alone, whole and consistent: what verification must accept, and what
// tests then damage behind the application's back.
import pg from 'pg';

import { poolAccount } from '../../src/domain/account.ts';
import { customerKey, type CustomerKey } from '../../src/domain/customer.ts';
import type { Database, Transaction } from '../../src/storage/database.ts';
import { transaction } from '../../src/storage/database.ts';
import { type CustomerEntry, appendEntries } from '../../src/storage/journal.ts';
import { execute, query } from '../../src/storage/query.ts';

export interface SeededBooks extends CustomerKey {
  readonly stripeCustomerId: string;
  readonly subscriptionId: string;
  readonly poolId: string;
  readonly billingPeriodId: string;
  readonly planVersionId: string;
  readonly lotId: string;
  readonly holdId: string;
  readonly burnEntryId: string;
  readonly usageEventId: string;
}

const PERIOD_START = new Date('2026-04-01T00:00:00Z');
const PERIOD_END = new Date('2026-05-01T00:00:00Z');
const MIDDLE = new Date('2026-04-10T09:00:00Z');
const CREDIT = 1_000_000n;

/** 10 000 credits granted, 700 burned by one usage event, 50 held; the hybrid plan of the sample catalogue. */
export async function seedBooks(database: Database): Promise<SeededBooks> {
  const customer = customerKey(crypto.randomUUID());
  const books: SeededBooks = {
    ...customer,
    stripeCustomerId: `cus_${customer.customerId.slice(0, 8)}`,
    subscriptionId: `sub_${customer.customerId.slice(0, 8)}`,
    poolId: crypto.randomUUID(),
    billingPeriodId: crypto.randomUUID(),
    planVersionId: await hybridVersion(database),
    lotId: crypto.randomUUID(),
    holdId: crypto.randomUUID(),
    burnEntryId: crypto.randomUUID(),
    usageEventId: crypto.randomUUID(),
  };
  await transaction(database, async (trx) => {
    await insertCustomer(trx, books);
    await insertStock(trx, books);
    await appendEntries(trx, MIDDLE, [grant(books), hold(books), burn(books)]);
    await insertUsage(trx, books);
  });
  return books;
}

async function hybridVersion(database: Database): Promise<string> {
  const [row] = await query<{ id: string }>(
    database,
    `select plan_version_id as id from plan_versions where plan = 'hybrid'`,
  );
  if (row === undefined) throw new Error('store the sample catalogue first');
  return row.id;
}

async function insertCustomer(trx: Transaction, books: SeededBooks): Promise<void> {
  const key = [books.lane, books.customerId] as const;
  await execute(
    trx,
    `insert into customers (lane, customer_id, stripe_customer_id, currency, created_at, updated_at)
     values ($1, $2, $3, 'usd', $4, $4)`,
    [...key, books.stripeCustomerId, PERIOD_START],
  );
  await execute(
    trx,
    `insert into pools (lane, customer_id, pool_id, unit, plan_version_id, state, opened_at)
     values ($1, $2, $3, 'credit', $4, 'active', $5)`,
    [...key, books.poolId, books.planVersionId, PERIOD_START],
  );
  await execute(
    trx,
    `insert into billing_periods (lane, customer_id, billing_period_id, pool_id, subscription_id, plan_version_id, unit,
       starts_at, ends_at, cut_off_at, state)
     values ($1, $2, $3, $4, $5, $6, 'credit', $7, $8, $8::timestamptz + interval '45 minutes', 'open')`,
    [...key, books.billingPeriodId, books.poolId, books.subscriptionId, books.planVersionId, PERIOD_START, PERIOD_END],
  );
}

async function insertStock(trx: Transaction, books: SeededBooks): Promise<void> {
  const key = [books.lane, books.customerId] as const;
  await execute(
    trx,
    `insert into lots (lane, customer_id, lot_id, pool_id, unit, source, category, priority, effective_at, expires_at,
       created_at, billing_period_id, granted, drawn, held, grant_currency, source_type, source_id)
     values ($1, $2, $3, $4, 'credit', 'included', 'paid', 50, $5, $6, $5, $7, $8, $9, $10, 'usd', 'billing_period', $11)`,
    [
      ...key,
      books.lotId,
      books.poolId,
      PERIOD_START,
      PERIOD_END,
      books.billingPeriodId,
      10_000n * CREDIT,
      700n * CREDIT,
      50n * CREDIT,
      books.billingPeriodId,
    ],
  );
  await execute(
    trx,
    `insert into holds (lane, customer_id, hold_id, pool_id, billing_period_id, action, feature, quantities, amount, state,
       placed_at, expires_at)
     values ($1, $2, $3, $4, $5, 'api.call', 'api', '{"calls":"50"}', $6, 'open', $7, $8)`,
    [...key, books.holdId, books.poolId, books.billingPeriodId, 50n * CREDIT, MIDDLE, PERIOD_END],
  );
  await execute(
    trx,
    `insert into hold_draws (lane, customer_id, hold_id, seq, lot_id, amount, held) values ($1, $2, $3, 0, $4, $5, $5)`,
    [...key, books.holdId, books.lotId, 50n * CREDIT],
  );
}

async function insertUsage(trx: Transaction, books: SeededBooks): Promise<void> {
  const key = [books.lane, books.customerId] as const;
  await execute(
    trx,
    `insert into usage_events (lane, customer_id, usage_event_id, source, event_id, occurred_at, recorded_at, action,
       quantities, credits, outcome, pool_id, billing_period_id, burn_rate_id, entry_id, entry_seq)
     values ($1, $2, $3, 'api', $10, $4, $4, 'api.call', '{"calls":"700"}', $5, 'applied', $6, $7, $8, $9, 0)`,
    [
      ...key,
      books.usageEventId,
      MIDDLE,
      700n * CREDIT,
      books.poolId,
      books.billingPeriodId,
      crypto.randomUUID(),
      books.burnEntryId,
      books.usageEventId,
    ],
  );
  await execute(
    trx,
    `insert into usage_event_keys (lane, customer_id, source, event_hash, usage_event_id)
     values ($1, $2, 'api', $3, $4)`,
    [...key, crypto.randomUUID(), books.usageEventId],
  );
  await execute(
    trx,
    `insert into meter_buckets (lane, customer_id, billing_period_id, window_start, metered, last_at)
     values ($1, $2, $3, $4, $5, $4)`,
    [...key, books.billingPeriodId, MIDDLE, 700n * CREDIT],
  );
}

function grant(books: SeededBooks): CustomerEntry {
  return entry(books, 'grant.included', books.lotId, PERIOD_START, [
    { from: poolAccount('issued.included', books.poolId, 'credit'), to: available(books), amount: 10_000n * CREDIT },
  ]);
}

function hold(books: SeededBooks): CustomerEntry {
  const held = poolAccount('held', books.poolId, 'credit');
  return entry(books, 'hold.placed', books.holdId, MIDDLE, [
    { from: available(books), to: held, amount: 50n * CREDIT },
  ]);
}

function burn(books: SeededBooks): CustomerEntry {
  const consumed = poolAccount('consumed', books.poolId, 'credit', books.billingPeriodId);
  const burned = entry(books, 'usage.burn', books.usageEventId, MIDDLE, [
    { from: available(books), to: consumed, amount: 700n * CREDIT },
  ]);
  return { ...burned, entryId: books.burnEntryId, sourceType: 'usage' };
}

function available({ poolId }: SeededBooks) {
  return poolAccount('available', poolId, 'credit');
}

function entry(
  { lane, customerId, lotId, billingPeriodId }: SeededBooks,
  kind: string,
  sourceId: string,
  effectiveAt: Date,
  postings: CustomerEntry['postings'],
): CustomerEntry {
  return {
    lane,
    customerId,
    entryId: crypto.randomUUID(),
    kind,
    effectiveAt,
    actor: 'test',
    sourceType: kind.split('.')[0] ?? kind,
    sourceId,
    billingPeriodId,
    postings: postings.map((posting) => ({ ...posting, lotId })),
  };
}

/** A hand in the database: the owner with every trigger and constraint trigger switched off. */
export async function asOwner<Result>(
  ownerConnectionString: string,
  work: (owner: pg.Client) => Promise<Result>,
): Promise<Result> {
  const owner = new pg.Client({ connectionString: ownerConnectionString });
  await owner.connect();
  try {
    await owner.query(`set session_replication_role = replica`);
    return await work(owner);
  } finally {
    await owner.end();
  }
}
