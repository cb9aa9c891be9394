import type { CustomerKey } from '../domain/customer.ts';
import type { LotState, PeriodState, PoolBook, Subscription } from '../domain/pool-book.ts';
import { planTerms } from '../domain/terms.ts';
import type { PlanTerms } from '../domain/terms.ts';
import type { Spender } from '../domain/usage-cap.ts';
import { now as readClock } from './clock.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import type { KeptBooks } from './kept-books.ts';
import { creditUnit, planVersion } from './plans.ts';
import { readCaps } from './pool-book-caps.ts';
import { readHolds, readsOverdue } from './pool-book-holds.ts';
import { dueForCutOff, emptyBook, type Pool, readMembers } from './pool-book-members.ts';
import { parametersOf, type Scope, scopeOf, WANTED } from './pool-scope.ts';
import { query } from './query.ts';
import { readShortfalls, readUnfunded } from './shortfalls.ts';

export interface BookSettings {
  readonly cutOffMinutes: number;
  readonly meterWindowMinutes: number;
}

export interface BookNeeds {
  /** Holds that will be captured or released. */
  readonly holdIds?: readonly string[];
  /** Lots to read although they may be spent: usage goes back to them. */
  readonly lotIds?: readonly string[];
  /** Periods to read however long they are over. */
  readonly periodIds?: readonly string[];
  /** Members and agents that are spoken of: their pools, their caps. */
  readonly spenders?: readonly BookSpender[];
  /** Customers of whom every member's pool is wanted. */
  readonly allMembersOf?: readonly string[];
  /** Customers of whom every open hold is wanted. */
  readonly allHoldsOf?: readonly string[];
  /** Read without locking, for answers that change nothing. */
  readonly readOnly?: boolean;
  /** Books that need not be read if nobody else wrote since. */
  readonly kept?: KeptBooks;
}

export interface BookSpender extends Spender {
  readonly customerId: string;
}

export interface PoolBooks {
  readonly now: Date;
  /** The customers' own pools by customer id, their members' in them; a customer without a pool is absent. */
  readonly books: ReadonlyMap<string, PoolBook>;
  /** Of the customers' own pools, as they were read. */
  readonly versions: ReadonlyMap<string, bigint>;
}

/** Locks the customers' pools, their own first, in key order, and reads all that decisions about them need. */
export async function loadPoolBooks(
  on: Database | Transaction,
  customers: readonly CustomerKey[],
  settings: BookSettings,
  needs: BookNeeds = {},
): Promise<PoolBooks> {
  const asked = scopeOf(customers);
  // Sent together, run in order. The clock is read once the locks are held: whoever waited for a pool must not act at an
  // instant before the other's commit.
  const [pools, now, overdue] = await Promise.all([
    readPools(on, asked, needs.readOnly === true),
    readClock(on),
    readsOverdue(on, asked),
  ]);
  const books = new Map<string, PoolBook>();
  const versions = new Map(pools.map(({ customerId, version }) => [customerId, version]));
  const unread = new Map<string, PoolBook>();
  for (const pool of pools) {
    const kept = needs.kept?.take(pool.customerId, pool.version, now);
    const terms = pool.planVersionId === null ? null : await termsOf(on, pool.planVersionId);
    const book = kept ?? emptyBook(pool, terms, settings);
    books.set(pool.customerId, book);
    if (kept === undefined) unread.set(pool.customerId, book);
  }
  if (books.size === 0) return { now, books, versions };
  const byPool = new Map([...books.values()].map((book) => [book.poolId, book]));
  if (unread.size > 0) await readBooks(on, unread, byPool, needs, now);
  const { holdIds = [], allHoldsOf = [] } = needs;
  await readHolds(on, asked, byPool, now, { holdIds, allHoldsOf, overdue });
  const capped = new Set(pools.flatMap((pool) => (isCapped(pool, books) ? [pool.customerId] : [])));
  if (capped.size > 0) await readCaps(on, asked, books, { capped, spenders: needs.spenders ?? [], now });
  return { now, books, versions };
}

/** The same for one customer. */
export const loadBook = inStep(
  async (
    on: Database | Transaction,
    asks: readonly (readonly [customer: CustomerKey, settings: BookSettings, reach?: BookReach])[],
  ) => {
    const [[, settings] = [null, { cutOffMinutes: 0, meterWindowMinutes: 0 }]] = asks;
    const of = (reach: BookReach): string[] =>
      asks.flatMap(([{ customerId }, , asked]) =>
        asked === reach || asked === 'members and holds' ? [customerId] : [],
      );
    const { now, books } = await loadPoolBooks(
      on,
      asks.map(([customer]) => customer),
      settings,
      { allMembersOf: of('members'), allHoldsOf: of('members and holds') },
    );
    return asks.map(([{ customerId }]) => ({ now, book: books.get(customerId) }));
  },
);

/** What is read with a customer's own pool: its members' pools, and all open holds. */
export type BookReach = 'members' | 'members and holds';

function isCapped({ customerId, hasMemberCaps }: PoolRow, books: ReadonlyMap<string, PoolBook>): boolean {
  const caps = books.get(customerId)?.terms?.policy.caps;
  return hasMemberCaps || caps?.member != null || caps?.agent != null;
}

/** Fills empty books of customers' own pools, and adds to `byPool` those of their members. */
async function readBooks(
  on: Database | Transaction,
  books: ReadonlyMap<string, PoolBook>,
  byPool: Map<string, PoolBook>,
  needs: BookNeeds,
  now: Date,
): Promise<void> {
  const scope = scopeOf([...books.values()].map(({ customer }) => customer));
  await Promise.all([readSubscriptions(on, scope, books), readPeriods(on, scope, books, needs.periodIds ?? [])]);
  const read = new Map([...books.values()].map((book) => [book.poolId, book]));
  for (const member of await readMembers(on, scope, books, needs, now)) {
    read.set(member.poolId, member);
    byPool.set(member.poolId, member);
  }
  await Promise.all([
    readLots(on, scope, read, needs.lotIds ?? [], now),
    readShortfalls(on, scope, read),
    readUnfunded(on, [...read.values()]),
  ]);
}

/** Locks the customers' own pools without reading them, for reads that must come before the book. */
export async function lockPools(trx: Transaction, customers: readonly CustomerKey[]): Promise<void> {
  await readPools(trx, scopeOf(customers), false);
}

type PoolRow = Pool & {
  readonly planVersionId: string | null;
  readonly hasMemberCaps: boolean;
  readonly version: bigint;
};

async function readPools(on: Database | Transaction, scope: Scope, readOnly: boolean): Promise<readonly PoolRow[]> {
  return query<PoolRow>(
    on,
    `select lane, customer_id as "customerId", pool_id as "poolId", unit, state, plan_version_id as "planVersionId",
       has_members as "hasMembers", has_member_caps as "hasMemberCaps", spending_limit as "spendingLimit", unfunded, version
     from pools ${WANTED} where lane = any ($3::smallint[]) and member is null
     order by lane, customer_id, pool_id ${readOnly ? '' : 'for update of pools'}`,
    parametersOf(scope),
  );
}

/** The terms of a plan version, resolved once a process. */
export async function termsOf(on: Database | Transaction, planVersionId: string): Promise<PlanTerms> {
  const version = await planVersion(on, planVersionId);
  const known = resolved.get(version);
  if (known !== undefined) return known;
  const unit = await creditUnit(on, version.unit);
  if (unit === null)
    throw new Error(`plan version ${planVersionId} is sold in ${version.unit}, which is not a credit unit`);
  const terms = planTerms(planVersionId, version.unit, unit.meterUnitMicro, version.content);
  resolved.set(version, terms);
  return terms;
}

const resolved = new WeakMap<object, PlanTerms>();

async function readSubscriptions(
  on: Database | Transaction,
  scope: Scope,
  books: ReadonlyMap<string, PoolBook>,
): Promise<void> {
  const rows = await query<Subscription & { customerId: string }>(
    on,
    `select customer_id as "customerId", subscription_id as "subscriptionId", plan_version_id as "planVersionId",
       billing_anchor as anchor, quantity,
       status in ('active', 'trialing', 'past_due') and not cancel_at_period_end as renews
     from subscriptions ${WANTED}
     where lane = any ($3::smallint[]) and plan_version_id is not null and status not in ('canceled', 'incomplete_expired')
     order by metered_item_id is not null, billing_anchor, subscription_id`,
    parametersOf(scope),
  );
  // Of several the last one that counts on the meter is followed, always the same.
  for (const { customerId, ...subscription } of rows) {
    const book = books.get(customerId);
    if (book !== undefined) book.subscription = subscription;
  }
}

async function readPeriods(
  on: Database | Transaction,
  scope: Scope,
  books: ReadonlyMap<string, PoolBook>,
  periodIds: readonly string[],
): Promise<void> {
  const rows = await query<PeriodState & { customerId: string }>(
    on,
    `select customer_id as "customerId", billing_period_id as "billingPeriodId", subscription_id as "subscriptionId",
       plan_version_id as "planVersionId", starts_at as "startsAt", ends_at as "endsAt", cut_off_at as "cutOffAt", state,
       is_trial as "isTrial", seats, freeze_at as "freezeAt", fee_paid_at as "feePaidAt", frozen_at as "frozenAt",
       superseded_by as "supersededBy", never_billed_at is not null as "isNeverBilled"
     from billing_periods ${WANTED}
     where lane = any ($3::smallint[]) and (state <> 'final' or ends_at > coalesce((select instant from simulated_clock), now()) - interval '40 days'
       or billing_period_id = any ($4::uuid[]))
     order by starts_at`,
    [...parametersOf(scope), periodIds],
  );
  for (const { customerId, ...period } of rows) books.get(customerId)?.periods.push(period);
}

async function readLots(
  on: Database | Transaction,
  scope: Scope,
  byPool: ReadonlyMap<string, PoolBook>,
  lotIds: readonly string[],
  now: Date,
): Promise<void> {
  // What a period's allowance was, spent lots included, decides how much of it may roll over.
  const ending = [...byPool.values()].flatMap(({ periods }) => dueForCutOff(periods, now));
  const periodIds = [...new Set(ending.map(({ billingPeriodId }) => billingPeriodId))];
  const open = lotIds.length + periodIds.length === 0;
  const rows = await query<LotState & { customerId: string }>(
    on,
    `select customer_id as "customerId", lot_id as "lotId", pool_id as "poolId", unit, source, category, priority,
       effective_at as "effectiveAt", expires_at as "expiresAt", created_at as "createdAt", features,
       only_hold_id as "onlyHoldId", billing_period_id as "billingPeriodId", origin_lot_id as "originLotId",
       granted, drawn, held, frozen, ended, moved, disputed, paid_minor as "paidMinor", paid_currency as "paidCurrency",
       grant_currency as "grantCurrency", source_type as "sourceType", source_id as "sourceId"
     from lots ${WANTED} where lane = any ($3::smallint[]) and pool_id = any ($4::uuid[]) and ${
       open ? 'is_open' : '(is_open or lot_id = any ($5::uuid[]) or billing_period_id = any ($6::uuid[]))'
     }`,
    [...parametersOf(scope), [...byPool.keys()], ...(open ? [] : [lotIds, periodIds])],
  );
  for (const { customerId: _customer, ...lot } of rows) byPool.get(lot.poolId)?.lots.set(lot.lotId, lot);
}
