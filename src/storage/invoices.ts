// Stripe's invoices as they are mirrored.
import type { CustomerKey } from '../domain/customer.ts';
import type { LineKind } from '../domain/invoice.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** Marks a draft that Stripe does not know any more. */
export async function markInvoiceDeleted(trx: Transaction, key: CustomerKey, invoiceId: string): Promise<void> {
  await execute(
    trx,
    `update invoices set status = 'deleted' where lane = $1 and customer_id = $2 and invoice_id = $3 and status = 'draft'`,
    [key.lane, key.customerId, invoiceId],
  );
}

/** Whose invoice this is, if it is mirrored. */
export async function customerOfInvoice(db: Database | Transaction, invoiceId: string): Promise<CustomerKey | null> {
  const [row] = await query<{ lane: number; customerId: string }>(
    db,
    `select lane, customer_id as "customerId" from invoices where lane between 0 and 63 and invoice_id = $1`,
    [invoiceId],
  );
  return row ?? null;
}

export interface InvoiceSummary {
  readonly invoiceId: string;
  readonly number: string | null;
  readonly subscriptionId: string | null;
  readonly billingReason: string | null;
  readonly status: string;
  readonly currency: string;
  readonly creditsAppliedMinor: bigint;
  readonly totalMinor: bigint;
  readonly amountDueMinor: bigint;
  readonly amountRemainingMinor: bigint;
  readonly createdAt: Date;
  readonly finalizedAt: Date | null;
  readonly paidAt: Date | null;
}

/** A customer's invoices, the oldest first. */
export async function listInvoices(
  db: Database | Transaction,
  key: CustomerKey,
  { limit, after = null }: { readonly limit: number; readonly after?: string | null },
): Promise<readonly InvoiceSummary[]> {
  return query<InvoiceSummary>(
    db,
    `select invoice_id as "invoiceId", number, subscription_id as "subscriptionId", billing_reason as "billingReason",
       status, currency, credits_applied_minor as "creditsAppliedMinor", total_minor as "totalMinor",
       amount_due_minor as "amountDueMinor", amount_remaining_minor as "amountRemainingMinor",
       created_at as "createdAt", finalized_at as "finalizedAt", paid_at as "paidAt"
     from invoices where lane = $1 and customer_id = $2 and ($4::text is null or (created_at, invoice_id) >
       (select a.created_at, a.invoice_id from invoices a where a.lane = $1 and a.customer_id = $2 and a.invoice_id = $4))
     order by created_at, invoice_id limit $3`,
    [key.lane, key.customerId, limit, after],
  );
}

export interface StoredLine {
  readonly lineId: string;
  readonly kind: LineKind;
  readonly priceId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly amountMinor: bigint;
  readonly discountsMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  /** Both kinds of tax. */
  readonly taxMinor: bigint;
  readonly inclusiveTaxMinor: bigint;
  readonly periodStart: Date;
  readonly periodEnd: Date;
}

/** The lines of an invoice in Stripe's order. */
export async function readInvoiceLines(
  db: Database | Transaction,
  key: CustomerKey,
  invoiceId: string,
): Promise<readonly StoredLine[]> {
  return query<StoredLine>(
    db,
    `select line_id as "lineId", kind, price_id as "priceId", coalesce(object -> 'metadata', '{}') as metadata,
       description, amount_minor as "amountMinor", discounts_minor as "discountsMinor",
       credits_applied_minor as "creditsAppliedMinor", tax_minor as "taxMinor",
       (select coalesce(sum(amount::bigint), 0)
         from jsonb_path_query(object, '$.taxes[*] ? (@.tax_behavior == "inclusive").amount') amount)::bigint
         as "inclusiveTaxMinor",
       period_start as "periodStart", period_end as "periodEnd"
     from invoice_lines where lane = $1 and customer_id = $2 and invoice_id = $3 order by position`,
    [key.lane, key.customerId, invoiceId],
  );
}
