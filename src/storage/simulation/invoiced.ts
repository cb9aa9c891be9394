import type { CustomerKey } from '../../domain/customer.ts';
import type { Transaction } from '../database.ts';
import { query } from '../query.ts';
import type { ReplaySpan } from './replay-span.ts';

/**
 * What Stripe invoiced for these periods, minor units before tax: fees and prorations of the span, its use with what
 * corrects and rounds it, packs paid in it.
 */
export async function invoicedMinor(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { subscriptionId, startsAt, until }: ReplaySpan,
): Promise<bigint> {
  const [row] = await query<{ sum: string }>(
    trx,
    `select (coalesce((select sum(l.amount_minor - l.discounts_minor) from invoice_lines l
         join invoices i using (lane, customer_id, invoice_id)
         where l.lane = $1 and l.customer_id = $2 and l.kind = 'base' and i.subscription_id = $3
           and i.status in ('open', 'paid', 'uncollectible') and l.period_start >= $4 and l.period_start < $5), 0)
       + coalesce((select sum(l.amount_minor - l.discounts_minor - l.credits_applied_minor) from invoice_lines l
         join invoices i using (lane, customer_id, invoice_id)
         where l.lane = $1 and l.customer_id = $2 and l.kind in ('usage', 'correction', 'rounding')
           and i.status in ('open', 'paid', 'uncollectible') and exists (
             select from billing_periods b where b.lane = l.lane and b.customer_id = l.customer_id
               and b.invoice_id = l.invoice_id and b.starts_at >= $4 and b.ends_at <= $5)), 0)
       + coalesce((select sum(l.paid_minor) from lots l where l.lane = $1 and l.customer_id = $2
           and l.source = 'purchased' and l.effective_at >= $4 and l.effective_at < $5), 0))::text as sum`,
    [lane, customerId, subscriptionId, startsAt, until],
  );
  return BigInt(row?.sum ?? '0');
}
