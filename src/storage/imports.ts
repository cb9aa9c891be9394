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

/** A running period of which nobody has looked at what Stripe had counted before its customer was taken over. */
export interface PeriodToTakeOver {
  readonly billingPeriodId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly meterId: string;
  readonly meterUnitMicro: bigint;
  /** Meter units that we reported in it already. */
  readonly reportedUnits: bigint;
  /** Stripe has had time to count all of these. */
  readonly isCounted: boolean;
}

/**
 * The period in which a customer was taken over, while it runs; of one whom an event made known before any import, the
 * first, while nothing was used in it here. Null when there is none, or it was looked at: what is counted later is not old.
 */
export async function periodToTakeOver(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  { now, lagMs }: { readonly now: Date; readonly lagMs: number },
): Promise<PeriodToTakeOver | null> {
  const [row] = await query<PeriodToTakeOver>(
    on,
    `select p.billing_period_id as "billingPeriodId", p.starts_at as "startsAt", p.ends_at as "endsAt",
       u.stripe_meter_id as "meterId", u.meter_unit_micro as "meterUnitMicro", m.units as "reportedUnits", m.counted as "isCounted"
     from billing_periods p
     join customers c on c.lane = p.lane and c.customer_id = p.customer_id
     join subscriptions s on s.lane = p.lane and s.customer_id = p.customer_id and s.subscription_id = p.subscription_id
       and s.metered_item_id is not null
     join credit_units u on u.unit = p.unit and u.stripe_meter_id is not null
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     cross join lateral (
       select coalesce(sum((o.request -> 'payload' ->> 'value')::bigint), 0)::bigint as units,
         coalesce(bool_and(o.state = 'done' and o.finished_at <= clock_timestamp() - make_interval(secs => $4)), true) as counted
       from outbox o
       where o.lane = $1 and o.customer_id = $2 and o.billing_period_id = p.billing_period_id and o.queue = 'meter'
         and o.call = 'meter_event' and o.state <> 'cancelled') m
     where p.lane = $1 and p.customer_id = $2 and not p.is_trial and p.superseded_by is null
       and p.starts_at <= $3 and p.ends_at > $3 and p.taken_over_units is null
       and (c.adopted_at >= p.starts_at or (c.adopted_at is null and not exists (
         select from billing_periods e where e.lane = $1 and e.customer_id = $2 and e.starts_at < p.starts_at)
         and not exists (select from meter_buckets b where b.lane = $1 and b.customer_id = $2)))`,
    [lane, customerId, now, lagMs / 1000],
  );
  return row ?? null;
}

/** Notes how much a period has taken over, as told to Stripe already; after the books, which have its first window. */
export async function noteTakenOver(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { billingPeriodId, startsAt }: Pick<PeriodToTakeOver, 'billingPeriodId' | 'startsAt'>,
  { units, micro }: { readonly units: bigint; readonly micro: bigint },
): Promise<void> {
  await execute(
    trx,
    `update meter_buckets set rolled = rolled + $5
     where lane = $1 and customer_id = $2 and billing_period_id = $3 and window_start = $4`,
    [lane, customerId, billingPeriodId, startsAt, micro],
  );
  await execute(
    trx,
    `update billing_periods set taken_over_units = $4, emitted_units = emitted_units + $4, rolled_micro = rolled_micro + $5
     where lane = $1 and customer_id = $2 and billing_period_id = $3`,
    [lane, customerId, billingPeriodId, units, micro],
  );
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
