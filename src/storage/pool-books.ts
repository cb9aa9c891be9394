import { NIL_ID } from '../domain/account.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { noChanges } from '../domain/pool-book.ts';
import type { LotState, PeriodState, PoolBook, Subscription } from '../domain/pool-book.ts';
import { planTerms } from '../domain/terms.ts';
import type { PlanTerms } from '../domain/terms.ts';
import { now as readClock } from './clock.ts';
import type { Database, Transaction } from './database.ts';
import { creditUnit, planVersion } from './plans.ts';
import { readHolds } from './pool-book-holds.ts';
import { parametersOf, type Scope, scopeOf, WANTED } from './pool-scope.ts';
import { query } from './query.ts';

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
  /** Read without locking, for answers that change nothing. */
  readonly readOnly?: boolean;
}

export interface PoolBooks {
  readonly now: Date;
  /** By customer id; a customer without a pool is absent. */
  readonly books: ReadonlyMap<string, PoolBook>;
}

/** Locks the customers' shared pools in key order and reads all that decisions about them need. */
export async function loadPoolBooks(
  on: Database | Transaction,
  customers: readonly CustomerKey[],
  settings: BookSettings,
  needs: BookNeeds = {},
): Promise<PoolBooks> {
  const scope = scopeOf(customers);
  const pools = await readPools(on, scope, needs.readOnly === true);
  // Read once the locks are held: whoever waited for a pool must not act at an instant before the other's commit.
  const now = await readClock(on);
  const books = new Map<string, PoolBook>();
  for (const pool of pools) {
    books.set(pool.customerId, {
      customer: { lane: pool.lane, customerId: pool.customerId },
      poolId: pool.poolId,
      unit: pool.unit,
      state: pool.state,
      terms: pool.planVersionId === null ? null : await termsOf(on, pool.planVersionId),
      subscription: null,
      ...settings,
      periods: [],
      lots: new Map(),
      holds: new Map(),
      overage: new Map(),
      overageReserved: new Map(),
      billed: new Map(),
      debt: 0n,
      changes: noChanges(),
    });
  }
  if (books.size === 0) return { now, books };
  await readSubscriptions(on, scope, books);
  await readPeriods(on, scope, books, needs.periodIds ?? []);
  await readLots(on, scope, books, needs.lotIds ?? []);
  await readShortfalls(on, scope, books);
  await readHolds(on, scope, books, now, needs.holdIds ?? []);
  return { now, books };
}

/** Locks the customers' shared pools without reading them, for reads that must come before the book. */
export async function lockPools(trx: Transaction, customers: readonly CustomerKey[]): Promise<void> {
  await readPools(trx, scopeOf(customers), false);
}

type PoolRow = CustomerKey & Pick<PoolBook, 'poolId' | 'unit' | 'state'> & { planVersionId: string | null };

async function readPools(on: Database | Transaction, scope: Scope, readOnly: boolean): Promise<readonly PoolRow[]> {
  return query<PoolRow>(
    on,
    `select lane, customer_id as "customerId", pool_id as "poolId", unit, state, plan_version_id as "planVersionId"
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
     where lane = any ($3::smallint[]) and plan_version_id is not null and status not in ('canceled', 'incomplete_expired')`,
    parametersOf(scope),
  );
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
       plan_version_id as "planVersionId", starts_at as "startsAt", ends_at as "endsAt", cut_off_at as "cutOffAt", state
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
  books: ReadonlyMap<string, PoolBook>,
  lotIds: readonly string[],
): Promise<void> {
  const rows = await query<LotState & { customerId: string }>(
    on,
    `select customer_id as "customerId", lot_id as "lotId", pool_id as "poolId", unit, source, category, priority,
       effective_at as "effectiveAt", expires_at as "expiresAt", created_at as "createdAt", features,
       only_hold_id as "onlyHoldId", billing_period_id as "billingPeriodId", origin_lot_id as "originLotId",
       granted, drawn, held, frozen, ended, paid_minor as "paidMinor", paid_currency as "paidCurrency",
       grant_currency as "grantCurrency", source_type as "sourceType", source_id as "sourceId"
     from lots ${WANTED} where lane = any ($3::smallint[]) and ${lotIds.length === 0 ? 'is_open' : '(is_open or lot_id = any ($4::uuid[]))'}`,
    lotIds.length === 0 ? parametersOf(scope) : [...parametersOf(scope), lotIds],
  );
  for (const { customerId, ...lot } of rows) {
    const book = books.get(customerId);
    if (book?.poolId === lot.poolId) book.lots.set(lot.lotId, lot);
  }
}

async function readShortfalls(
  on: Database | Transaction,
  scope: Scope,
  books: ReadonlyMap<string, PoolBook>,
): Promise<void> {
  const rows = await query<{ customerId: string; poolId: string; periodId: string; kind: string; balance: bigint }>(
    on,
    `select customer_id as "customerId", pool_id as "poolId", billing_period_id as "periodId", kind, balance
     from accounts ${WANTED}
     where lane = any ($3::smallint[]) and kind in ('overage', 'overage_reserved', 'billed', 'debt') and balance <> 0`,
    parametersOf(scope),
  );
  for (const { customerId, poolId, periodId, kind, balance } of rows) {
    const book = books.get(customerId);
    if (book?.poolId !== poolId) continue;
    if (kind === 'debt' && periodId === NIL_ID) book.debt = -balance;
    else if (kind === 'overage') book.overage.set(periodId, -balance);
    else if (kind === 'billed') book.billed.set(periodId, -balance);
    else book.overageReserved.set(periodId, balance);
  }
}
