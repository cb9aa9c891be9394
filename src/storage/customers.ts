// A customer mirrors a Stripe customer. What it may be called (cus_…, ext:…) never changes, so names are cached.
import { customerKey, type CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { parametersOf, scopeOf, WANTED } from './pool-scope.ts';
import { execute, query } from './query.ts';

export interface Customer extends CustomerKey {
  readonly externalId: string | null;
  readonly stripeCustomerId: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly currency: string | null;
  readonly testClock: string | null;
  /** Stripe's customer balance: negative is the customer's credit. */
  readonly stripeBalanceMinor: bigint;
  readonly deletedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const NAMES_CACHED_MAX = 200_000;
const namesOf = new WeakMap<Database, Map<string, CustomerKey>>();

/**
 * The customers behind `cus_…`, `ext:…` or a bare uuid; names that nobody has are missing from the answer.
 * Cached in this process; a transaction reads the rows, since what it sees may yet be rolled back.
 */
export async function resolveCustomers(
  db: Database | Transaction,
  names: readonly string[],
): Promise<ReadonlyMap<string, CustomerKey>> {
  const known = namesKnownTo(db);
  const found = new Map<string, CustomerKey>();
  const unknown = new Set<string>();
  for (const name of names) {
    const key = known.get(name);
    if (key === undefined) unknown.add(name);
    else found.set(name, key);
  }
  if (unknown.size === 0) return found;
  if (known.size + unknown.size > NAMES_CACHED_MAX) known.clear();
  for (const [name, key] of await readNames(db, [...unknown])) {
    known.set(name, key);
    found.set(name, key);
  }
  return found;
}

/** The customer that mirrors a Stripe customer, if it is mirrored yet. */
export async function customerByStripeId(
  db: Database | Transaction,
  stripeCustomerId: string,
): Promise<CustomerKey | undefined> {
  return (await resolveCustomers(db, [stripeCustomerId])).get(stripeCustomerId);
}

export async function readCustomer(db: Database | Transaction, key: CustomerKey): Promise<Customer | undefined> {
  const [row] = await query<CustomerRow>(db, `${SELECT_CUSTOMER} where lane = $1 and customer_id = $2`, [
    key.lane,
    key.customerId,
  ]);
  return row === undefined ? undefined : toCustomer(row);
}

/** Customers in the order of their creation (ids are time-ordered), after a given one. */
export async function listCustomers(
  db: Database | Transaction,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<readonly Customer[]> {
  const rows = await query<CustomerRow>(
    db,
    `${SELECT_CUSTOMER} where lane between 0 and 63 and ($1::uuid is null or customer_id > $1::uuid)
     order by customer_id limit $2`,
    [after ?? null, limit],
  );
  return rows.map(toCustomer);
}

/**
 * Locks the customer's row until the transaction ends: first in the lock order, and what money postings serialise on.
 * Not `for update`: a burn that holds its pool's lock only refers to the customer, and must not wait for it.
 */
export const lockCustomer = inStep(async (trx: Transaction, asks: readonly (readonly [CustomerKey])[]) => {
  await lockCustomers(
    trx,
    asks.map(([key]) => key),
  );
  return asks.map(() => undefined);
});

/** The same for many, in the order in which everybody locks them. */
export async function lockCustomers(trx: Transaction, keys: readonly CustomerKey[]): Promise<void> {
  const scope = scopeOf(keys);
  const rows = await query<{ customerId: string }>(
    trx,
    `select customer_id as "customerId" from customers ${WANTED} where lane = any ($3::smallint[])
     order by lane, customer_id for no key update of customers`,
    parametersOf(scope),
  );
  const found = new Set(rows.map(({ customerId }) => customerId));
  const missing = scope.customerIds.find((customerId) => !found.has(customerId));
  if (missing !== undefined) throw new Error(`customer ${missing} does not exist`);
}

/** Marks a customer as deleted at Stripe; its books stay. */
export async function markCustomerDeleted(trx: Transaction, key: CustomerKey, deletedAt: Date): Promise<void> {
  await execute(
    trx,
    `update customers set deleted_at = coalesce(deleted_at, $3) where lane = $1 and customer_id = $2`,
    [key.lane, key.customerId, deletedAt],
  );
}

export async function isDeletedCustomer(on: Database | Transaction, key: CustomerKey): Promise<boolean> {
  const rows = await query(
    on,
    `select customer_id from customers where lane = $1 and customer_id = $2 and deleted_at is not null`,
    [key.lane, key.customerId],
  );
  return rows.length > 0;
}

async function readNames(
  db: Database | Transaction,
  names: readonly string[],
): Promise<readonly (readonly [string, CustomerKey])[]> {
  const ids = names.filter((name) => UUID.test(name));
  const aliases = names.filter((name) => !UUID.test(name));
  const named = await query<{ name: string; customer_id: string }>(
    db,
    `select alias as name, customer_id from customer_aliases where alias = any($1::text[])`,
    [aliases],
  );
  const existing =
    ids.length === 0
      ? []
      : await query<{ name: string; customer_id: string }>(
          db,
          `select customer_id as name, customer_id from customers
           where lane = any($1::smallint[]) and customer_id = any($2::uuid[])`,
          [[...new Set(ids.map((id) => customerKey(id).lane))], ids],
        );
  return [...named, ...existing].map((row) => [row.name, customerKey(row.customer_id)] as const);
}

function namesKnownTo(db: Database | Transaction): Map<string, CustomerKey> {
  if (db.isTransaction === true) return new Map();
  const known = namesOf.get(db) ?? new Map<string, CustomerKey>();
  namesOf.set(db, known);
  return known;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const SELECT_CUSTOMER = `select lane, customer_id, external_id, stripe_customer_id, name, email, currency, test_clock,
  stripe_balance_minor, deleted_at, created_at, updated_at from customers`;

/** Whether anybody was a customer by an instant. */
export async function hadCustomersBefore(on: Database | Transaction, at: Date): Promise<boolean> {
  const rows = await query<{ one: number }>(
    on,
    `select 1 as one from customers where lane between 0 and 63 and created_at < $1 limit 1`,
    [at],
  );
  return rows.length > 0;
}

interface CustomerRow {
  lane: number;
  customer_id: string;
  external_id: string | null;
  stripe_customer_id: string | null;
  name: string | null;
  email: string | null;
  currency: string | null;
  test_clock: string | null;
  stripe_balance_minor: bigint;
  deleted_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

function toCustomer(row: CustomerRow): Customer {
  return {
    lane: row.lane,
    customerId: row.customer_id,
    externalId: row.external_id,
    stripeCustomerId: row.stripe_customer_id,
    name: row.name,
    email: row.email,
    currency: row.currency,
    testClock: row.test_clock,
    stripeBalanceMinor: row.stripe_balance_minor,
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
