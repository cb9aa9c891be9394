// Billing periods from the invoice's side: which invoice bills a period, what it still owes, when it is final.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** Notes which invoice bills the periods that began at these instants; an invoice that was voided gives its place up. */
export async function linkPeriods(
  trx: Transaction,
  key: CustomerKey,
  link: { readonly invoiceId: string; readonly subscriptionId: string; readonly starts: readonly Date[] },
): Promise<void> {
  await execute(
    trx,
    `update billing_periods p set invoice_id = $3
     where p.lane = $1 and p.customer_id = $2 and p.subscription_id = $4 and p.starts_at = any($5::timestamptz[])
       and p.invoice_id is distinct from $3 and not p.is_trial
       and (p.invoice_id is null or exists (
         select from invoices i where i.lane = $1 and i.customer_id = $2 and i.invoice_id = p.invoice_id
           and i.status in ('void', 'deleted')))`,
    [key.lane, key.customerId, link.invoiceId, link.subscriptionId, link.starts],
  );
}

export interface BilledPeriod {
  readonly billingPeriodId: string;
  readonly poolId: string;
  readonly planVersionId: string;
  readonly unit: string;
  readonly state: 'open' | 'cut_off' | 'final';
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** The periods that an invoice bills, with their pools locked in order; a member's pool is locked by its customer's. */
export async function lockPeriodsOfInvoice(
  trx: Transaction,
  key: CustomerKey,
  invoiceId: string,
): Promise<readonly BilledPeriod[]> {
  const locking = query(
    trx,
    `select pool_id from pools where lane = $1 and customer_id = $2 and pool_id in (
       select pool_id from billing_periods where lane = $1 and customer_id = $2 and invoice_id = $3)
     order by pool_id for update`,
    [key.lane, key.customerId, invoiceId],
  );
  const reading = query<BilledPeriod>(
    trx,
    `select billing_period_id as "billingPeriodId", pool_id as "poolId", plan_version_id as "planVersionId", unit, state,
       starts_at as "startsAt", ends_at as "endsAt"
     from billing_periods where lane = $1 and customer_id = $2 and invoice_id = $3 order by starts_at`,
    [key.lane, key.customerId, invoiceId],
  );
  // Sent together, run in order: the periods are read under the lock.
  const [periods] = await Promise.all([reading, locking]);
  return periods;
}

/** A final period takes no more usage and no more money. */
export async function markPeriodFinal(trx: Transaction, key: CustomerKey, billingPeriodId: string): Promise<void> {
  await execute(
    trx,
    `update billing_periods set state = 'final'
     where lane = $1 and customer_id = $2 and billing_period_id = $3 and state = 'cut_off'`,
    [key.lane, key.customerId, billingPeriodId],
  );
}

/**
 * Periods that ended with their subscription, in which nothing was metered and which no invoice billed within the days that
 * Stripe may wait with one: they become final, and with them nothing keeps the pool's grants open any more.
 */
export async function endNeverBilled(
  trx: Transaction,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly (CustomerKey & { readonly billingPeriodId: string; readonly poolId: string })[]> {
  return query(
    trx,
    `update billing_periods p set state = 'final'
     from (
       select b.lane, b.customer_id, b.billing_period_id
       from billing_periods b
       join subscriptions s on s.lane = b.lane and s.customer_id = b.customer_id
         and s.subscription_id = b.subscription_id and s.status in ('canceled', 'incomplete_expired')
       where b.lane between 0 and 63 and b.state = 'cut_off' and b.invoice_id is null and b.superseded_by is null
         and b.ends_at <= $1::timestamptz - interval '4 days' and not exists (
           select from meter_buckets m
           where m.lane = b.lane and m.customer_id = b.customer_id and m.billing_period_id = b.billing_period_id
             and m.metered <> 0)
       order by b.ends_at limit $2) ended
     where p.lane between 0 and 63 and p.lane = ended.lane and p.customer_id = ended.customer_id
       and p.billing_period_id = ended.billing_period_id
     returning p.lane, p.customer_id as "customerId", p.billing_period_id as "billingPeriodId", p.pool_id as "poolId"`,
    [now, limit],
  );
}

/** What a period's overage accounts stand at, pool by pool, in micro-credits: consumed past the lots and not billed. */
export async function overageOf(
  trx: Database | Transaction,
  key: CustomerKey,
  billingPeriodId: string,
): Promise<readonly { readonly poolId: string; readonly overageMicro: bigint }[]> {
  return query(
    trx,
    `select pool_id as "poolId", -balance as "overageMicro" from accounts
     where lane = $1 and customer_id = $2 and billing_period_id = $3 and kind = 'overage' and balance < 0
     order by pool_id`,
    [key.lane, key.customerId, billingPeriodId],
  );
}

/** Invoices that Stripe has finalized for periods that were cut off later, or while nobody looked. */
export async function invoicesToSettle(db: Database, limit: number): Promise<readonly string[]> {
  const rows = await query<{ invoiceId: string }>(
    db,
    `select distinct i.invoice_id as "invoiceId"
     from billing_periods p join invoices i on i.lane = p.lane and i.customer_id = p.customer_id
       and i.invoice_id = p.invoice_id
     where p.lane between 0 and 63 and i.lane between 0 and 63 and p.state = 'cut_off' and i.finalized_at is not null
     order by 1 limit $1`,
    [limit],
  );
  return rows.map(({ invoiceId }) => invoiceId);
}
