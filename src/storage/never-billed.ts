// Periods that ended without an invoice: which may be asked after, and what is known of those that nobody bills.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { execute, query } from './query.ts';

export interface UnbilledPeriod extends CustomerKey {
  readonly billingPeriodId: string;
  readonly poolId: string;
  readonly subscriptionId: string;
  readonly unit: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly stripeCustomerId: string;
  readonly meteredPriceId: string;
  /** Nothing was metered in it and its subscription has ended: there is nothing that Stripe could bill. */
  readonly isEmpty: boolean;
}

/** No invoice that stands is known to bill a period (`b`). */
const WITHOUT_INVOICE = `(b.invoice_id is null or exists (select from invoices i
  where i.lane = b.lane and i.customer_id = b.customer_id and i.invoice_id = b.invoice_id and i.status in ('void', 'deleted')))`;

/**
 * Periods without an invoice when the days are over that Stripe may wait with one, and of which Stripe was not asked for a
 * day. What a change of price ended is billed with the rest of its cycle, so that comes first.
 */
export async function periodsWithoutInvoice(
  db: Database,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly UnbilledPeriod[]> {
  return query<UnbilledPeriod>(
    db,
    `select b.lane, b.customer_id as "customerId", b.billing_period_id as "billingPeriodId", b.pool_id as "poolId",
       b.subscription_id as "subscriptionId", b.unit, b.starts_at as "startsAt", b.ends_at as "endsAt",
       c.stripe_customer_id as "stripeCustomerId", v.stripe_metered_price_id as "meteredPriceId",
       s.status in ('canceled', 'incomplete_expired') and b.superseded_by is null and not exists (
         select from meter_buckets m
         where m.lane = b.lane and m.customer_id = b.customer_id and m.billing_period_id = b.billing_period_id
           and m.metered <> 0) as "isEmpty"
     from billing_periods b
     join customers c on c.lane = b.lane and c.customer_id = b.customer_id and c.stripe_customer_id is not null
     join subscriptions s on s.lane = b.lane and s.customer_id = b.customer_id and s.subscription_id = b.subscription_id
     join plan_versions v on v.plan_version_id = b.plan_version_id and v.stripe_metered_price_id is not null
     left join billing_periods n on n.lane = b.lane and n.customer_id = b.customer_id
       and n.billing_period_id = b.superseded_by
     where b.lane between 0 and 63 and b.state = 'cut_off' and not b.is_trial and ${WITHOUT_INVOICE}
       and (b.superseded_by is null or n.state = 'final')
       and greatest(b.ends_at, n.ends_at) <= $1::timestamptz - interval '4 days'
       and (b.billing_asked_at is null or b.billing_asked_at <= $1::timestamptz - interval '1 day')
     order by b.ends_at limit $2`,
    [now, limit],
  );
}

type PeriodKey = CustomerKey & Pick<UnbilledPeriod, 'billingPeriodId'>;

/** Notes that Stripe was asked: not again for a day. */
export async function noteAsked(
  on: Database | Transaction,
  { lane, customerId, billingPeriodId }: PeriodKey,
  at: Date,
): Promise<void> {
  await execute(
    on,
    `update billing_periods set billing_asked_at = $4 where lane = $1 and customer_id = $2 and billing_period_id = $3`,
    [lane, customerId, billingPeriodId, at],
  );
}

/** Ends a period that nobody bills; false when an invoice came in between, or somebody else was faster. */
export async function markNeverBilled(
  trx: Transaction,
  { lane, customerId, billingPeriodId }: PeriodKey,
  at: Date,
): Promise<boolean> {
  const marked = await execute(
    trx,
    `update billing_periods b set state = 'final', never_billed_at = $4
     where b.lane = $1 and b.customer_id = $2 and b.billing_period_id = $3 and b.state = 'cut_off' and ${WITHOUT_INVOICE}`,
    [lane, customerId, billingPeriodId, at],
  );
  return marked === 1;
}

/** An invoice bills the period after all. */
export const markBilledAfterAll = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, billingPeriodId: string])[]) => {
    await execute(
      trx,
      `update billing_periods p set never_billed_at = null
       from unnest($1::smallint[], $2::uuid[], $3::uuid[]) as f (lane, customer_id, billing_period_id)
       where p.lane = any ($1) and p.lane = f.lane and p.customer_id = f.customer_id
         and p.billing_period_id = f.billing_period_id`,
      [
        asks.map(([{ lane }]) => lane),
        asks.map(([{ customerId }]) => customerId),
        asks.map(([, billingPeriodId]) => billingPeriodId),
      ],
    );
    return asks.map(() => undefined);
  },
);
