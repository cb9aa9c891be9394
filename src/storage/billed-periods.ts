// Billing periods from the invoice's side: which invoice bills a period, what it still owes, when it is final.
import type { CustomerKey } from '../domain/customer.ts';
import type { PricedPeriod } from '../domain/invoice.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { queryEach } from './query-each.ts';
import { execute, query } from './query.ts';

/** No invoice that stands bills the period (`p`). */
const UNCLAIMED = `(p.invoice_id is null or exists (select from invoices i where i.lane = p.lane
  and i.customer_id = p.customer_id and i.invoice_id = p.invoice_id and i.status in ('void', 'deleted')))`;

/**
 * Notes which invoice bills the periods that its lines begin or end with, as one at another price may begin later; an invoice
 * that was voided gives its place up.
 */
export const linkPeriods = inStep(async (trx: Transaction, asks: readonly (readonly [CustomerKey, PeriodLink])[]) => {
  const rows = asks.flatMap(([key, link]) => link.spans.map((span) => ({ ...key, ...link, ...span })));
  if (rows.length > 0) {
    await execute(
      trx,
      `update billing_periods p set invoice_id = l.invoice_id
       from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
         as l (lane, customer_id, invoice_id, subscription_id, starts_at, ends_at)
       where p.lane = any ($1) and p.lane = l.lane and p.customer_id = l.customer_id
         and p.subscription_id = l.subscription_id and (p.starts_at = l.starts_at or p.ends_at = l.ends_at)
         and p.invoice_id is distinct from l.invoice_id and not p.is_trial and ${UNCLAIMED}`,
      [
        rows.map(({ lane }) => lane),
        rows.map(({ customerId }) => customerId),
        rows.map(({ invoiceId }) => invoiceId),
        rows.map(({ subscriptionId }) => subscriptionId),
        rows.map(({ periodStart }) => periodStart),
        rows.map(({ periodEnd }) => periodEnd),
      ],
    );
  }
  return asks.map(() => undefined);
});

interface PeriodLink {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  /** Of its lines for usage. */
  readonly spans: readonly Span[];
}

interface Span {
  readonly periodStart: Date;
  readonly periodEnd: Date;
}

/** Whether an invoice bills, or may claim, one of the subscription's periods. */
export async function billsPeriod(
  on: Transaction,
  { lane, customerId }: CustomerKey,
  { invoiceId, subscriptionId, spans }: PeriodLink,
): Promise<boolean> {
  const rows = await query(
    on,
    `select from billing_periods p
     where p.lane = $1 and p.customer_id = $2 and p.subscription_id = $3 and not p.is_trial and (p.invoice_id = $4
       or ((p.starts_at = any($5::timestamptz[]) or p.ends_at = any($6::timestamptz[])) and ${UNCLAIMED}))
     limit 1`,
    [
      lane,
      customerId,
      subscriptionId,
      invoiceId,
      spans.map(({ periodStart }) => periodStart),
      spans.map(({ periodEnd }) => periodEnd),
    ],
  );
  return rows.length > 0;
}

export interface BilledPeriod {
  readonly billingPeriodId: string;
  readonly poolId: string;
  readonly planVersionId: string;
  readonly unit: string;
  readonly state: 'open' | 'cut_off' | 'final';
  /** It was ended because nobody would bill it. */
  readonly isNeverBilled: boolean;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** The periods that an invoice bills, with their pools locked in order; a member's pool is locked by its customer's. */
export const lockPeriodsOfInvoice = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, invoiceId: string])[]) => {
    const invoices = asks.map(([{ lane, customerId }, invoiceId]) => [lane, customerId, invoiceId] as const);
    const locking = query(
      trx,
      `select pool_id from pools p where p.lane = any ($1::smallint[]) and (p.lane, p.customer_id, p.pool_id) in (
         select b.lane, b.customer_id, b.pool_id
         from unnest($1::smallint[], $2::uuid[], $3::text[]) as i (lane, customer_id, invoice_id)
         join billing_periods b on b.lane = any ($1::smallint[]) and b.lane = i.lane and b.customer_id = i.customer_id
           and b.invoice_id = i.invoice_id)
       order by p.lane, p.customer_id, p.pool_id for update`,
      [
        invoices.map(([lane]) => lane),
        invoices.map(([, customerId]) => customerId),
        invoices.map(([, , invoiceId]) => invoiceId),
      ],
    );
    const reading = queryEach<BilledPeriod>(
      trx,
      {
        sql: `select billing_period_id as "billingPeriodId", pool_id as "poolId", plan_version_id as "planVersionId",
            unit, state, never_billed_at is not null as "isNeverBilled", starts_at as "startsAt", ends_at as "endsAt"
          from billing_periods where lane = $1 and customer_id = $2 and invoice_id = $3 order by starts_at`,
        types: ['smallint', 'uuid', 'text'],
      },
      invoices,
    );
    // Sent together, run in order: the periods are read under the lock.
    const [periods] = await Promise.all([reading, locking]);
    return periods;
  },
);

/** The periods that an invoice bills, each with its price. */
export async function pricedPeriods(
  db: Database,
  { lane, customerId }: CustomerKey,
  invoiceId: string,
): Promise<readonly PricedPeriod[]> {
  return query<PricedPeriod>(
    db,
    `select p.billing_period_id as "billingPeriodId", v.stripe_metered_price_id as "meteredPriceId", p.ends_at as "endsAt"
     from billing_periods p join plan_versions v using (plan_version_id)
     where p.lane = $1 and p.customer_id = $2 and p.invoice_id = $3`,
    [lane, customerId, invoiceId],
  );
}

/** A final period takes no more usage and no more money. */
export const markPeriodFinal = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, billingPeriodId: string])[]) => {
    await execute(
      trx,
      `update billing_periods p set state = 'final'
       from unnest($1::smallint[], $2::uuid[], $3::uuid[]) as f (lane, customer_id, billing_period_id)
       where p.lane = any ($1) and p.lane = f.lane and p.customer_id = f.customer_id
         and p.billing_period_id = f.billing_period_id and p.state = 'cut_off'`,
      [
        asks.map(([{ lane }]) => lane),
        asks.map(([{ customerId }]) => customerId),
        asks.map(([, billingPeriodId]) => billingPeriodId),
      ],
    );
    return asks.map(() => undefined);
  },
);

/** What a period's overage stands at, pool by pool, in micro-credits: consumed past the lots, not billed or written off. */
export const overageOf = inStep(
  async (
    on: Database | Transaction,
    asks: readonly (readonly [key: CustomerKey, billingPeriodId: string, standing: 'overage' | 'written_off'])[],
  ) =>
    queryEach<{ poolId: string; overageMicro: bigint }>(
      on,
      {
        sql: `select pool_id as "poolId", -balance as "overageMicro" from accounts
          where lane = $1 and customer_id = $2 and billing_period_id = $3 and kind = $4 and balance < 0
          order by pool_id`,
        types: ['smallint', 'uuid', 'uuid', 'text'],
      },
      asks.map(([{ lane, customerId }, billingPeriodId, standing]) => [lane, customerId, billingPeriodId, standing]),
    ),
);

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
