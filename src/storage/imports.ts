// Imports of an existing Stripe account: how far the open one is, and what was taken over.
import type { CustomerKey } from '../domain/customer.ts';
import type { KnownHere } from '../domain/import-matching.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface OpenImport {
  readonly importId: string;
  readonly afterCustomer: string | null;
  readonly customers: number;
}

/** The import that is under way, or was stopped; begun now if there is none. */
export async function openImport(db: Database, importId: string, at: Date): Promise<OpenImport> {
  await execute(
    db,
    `insert into stripe_imports (import_id, started_at) values ($1, $2) on conflict ((true)) where finished_at is null
     do nothing`,
    [importId, at],
  );
  const [row] = await query<OpenImport>(
    db,
    `select import_id as "importId", after_customer as "afterCustomer", customers
     from stripe_imports where finished_at is null`,
  );
  if (row === undefined) throw new Error('the import that was just begun is finished');
  return row;
}

export async function noteImported(db: Database, importId: string, stripeCustomerId: string): Promise<void> {
  await execute(db, `update stripe_imports set after_customer = $2, customers = customers + 1 where import_id = $1`, [
    importId,
    stripeCustomerId,
  ]);
}

export async function finishImport(db: Database, importId: string, at: Date): Promise<void> {
  await execute(db, `update stripe_imports set finished_at = $2 where import_id = $1`, [importId, at]);
}

/** Notes that a customer was taken over; the first time counts. */
export async function markAdopted(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  at: Date,
): Promise<void> {
  await execute(on, `update customers set adopted_at = coalesce(adopted_at, $3) where lane = $1 and customer_id = $2`, [
    lane,
    customerId,
    at,
  ]);
}

/** When a customer was taken over, and which invoices are mirrored all the same; null for one who grew up here. */
export async function adoptionOf(
  db: Database,
  { lane, customerId }: CustomerKey,
): Promise<{ readonly at: Date; readonly invoiceIds: ReadonlySet<string> } | null> {
  const [row] = await query<{ at: Date; invoiceIds: readonly string[] }>(
    db,
    `select adopted_at as at, array(select invoice_id from invoices where lane = $1 and customer_id = $2) as "invoiceIds"
     from customers where lane = $1 and customer_id = $2 and adopted_at is not null`,
    [lane, customerId],
  );
  return row === undefined ? null : { at: row.at, invoiceIds: new Set(row.invoiceIds) };
}

/** What matching compares an account with. */
export async function knownHere(db: Database): Promise<KnownHere> {
  const customers = await query<{ stripeCustomerId: string; externalId: string | null }>(
    db,
    `select stripe_customer_id as "stripeCustomerId", external_id as "externalId" from customers
     where lane between 0 and 63 and stripe_customer_id is not null`,
  );
  const prices = await query<{ plan: string; price: string }>(
    db,
    `select v.plan, p.price from plan_versions v
     cross join lateral (values (v.stripe_base_price_id), (v.stripe_metered_price_id)) as p (price)
     where p.price is not null`,
  );
  const meters = await query<{ id: string }>(
    db,
    `select stripe_meter_id as id from credit_units where stripe_meter_id is not null`,
  );
  return {
    stripeCustomerIds: new Set(customers.map(({ stripeCustomerId }) => stripeCustomerId)),
    ownerOfExternalId: new Map(
      customers.flatMap(({ externalId, stripeCustomerId }) =>
        externalId === null ? [] : [[externalId, stripeCustomerId]],
      ),
    ),
    planOfPrice: new Map(prices.map(({ price, plan }) => [price, plan])),
    meterIds: new Set(meters.map(({ id }) => id)),
  };
}

/** Stripe's ids of the grants that are ours or were taken over, and the keys of those on their way. */
export async function knownGrants(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string | null; key: string }>(
    on,
    `select stripe_grant_id as id, 'credit_grant/' || credit_grant_id as key from credit_grants
     where lane = $1 and customer_id = $2`,
    [lane, customerId],
  );
  return new Set(rows.flatMap(({ id, key }) => (id === null ? [key] : [id, key])));
}
