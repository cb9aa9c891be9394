// Stripe's invoices, mirrored whole: every line, every payment. The latest fetch wins; a void invoice stays void.
import type { CustomerKey } from '../domain/customer.ts';
import type { Invoice, InvoiceLine, LineKind } from '../domain/invoice.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** Stores a fetched invoice with its lines and payments; false, and nothing changed, when a later fetch is stored. */
export async function saveInvoice(
  trx: Transaction,
  key: CustomerKey,
  { invoice, fetchedAt }: { readonly invoice: Invoice; readonly fetchedAt: Date },
): Promise<boolean> {
  if (!(await upsertInvoice(trx, key, invoice, fetchedAt))) return false;
  // Sent together, run in order.
  await Promise.all([
    execute(trx, `delete from invoice_lines where lane = $1 and customer_id = $2 and invoice_id = $3`, [
      key.lane,
      key.customerId,
      invoice.invoiceId,
    ]),
    insertLines(trx, key, invoice),
    upsertPayments(trx, key, invoice),
  ]);
  return true;
}

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
  readonly taxMinor: bigint;
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
       credits_applied_minor as "creditsAppliedMinor", tax_minor as "taxMinor", period_start as "periodStart",
       period_end as "periodEnd"
     from invoice_lines where lane = $1 and customer_id = $2 and invoice_id = $3 order by position`,
    [key.lane, key.customerId, invoiceId],
  );
}

async function upsertInvoice(trx: Transaction, key: CustomerKey, invoice: Invoice, fetchedAt: Date): Promise<boolean> {
  const saved = await execute(
    trx,
    `insert into invoices (lane, customer_id, invoice_id, number, subscription_id, billing_reason, status, currency,
       period_start, period_end, subtotal_minor, discounts_minor, credits_applied_minor, tax_minor, total_minor,
       starting_balance_minor, ending_balance_minor, amount_due_minor, amount_paid_minor, amount_remaining_minor,
       created_at, finalized_at, paid_at, voided_at, uncollectible_at, object, fetched_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
       $24, $25, $26, $27)
     on conflict (lane, customer_id, invoice_id) do update set number = excluded.number, status = excluded.status,
       subscription_id = excluded.subscription_id, period_start = excluded.period_start,
       period_end = excluded.period_end, subtotal_minor = excluded.subtotal_minor,
       discounts_minor = excluded.discounts_minor, credits_applied_minor = excluded.credits_applied_minor,
       tax_minor = excluded.tax_minor, total_minor = excluded.total_minor,
       starting_balance_minor = excluded.starting_balance_minor, ending_balance_minor = excluded.ending_balance_minor,
       amount_due_minor = excluded.amount_due_minor, amount_paid_minor = excluded.amount_paid_minor,
       amount_remaining_minor = excluded.amount_remaining_minor, finalized_at = excluded.finalized_at,
       paid_at = excluded.paid_at, voided_at = excluded.voided_at, uncollectible_at = excluded.uncollectible_at,
       object = excluded.object, fetched_at = excluded.fetched_at
     where invoices.fetched_at <= excluded.fetched_at and (invoices.status not in ('void', 'deleted') or excluded.status = 'void')`,
    [
      key.lane,
      key.customerId,
      invoice.invoiceId,
      invoice.number,
      invoice.subscriptionId,
      invoice.billingReason,
      invoice.status,
      invoice.currency,
      invoice.periodStart,
      invoice.periodEnd,
      invoice.subtotalMinor,
      invoice.discountsMinor,
      invoice.creditsAppliedMinor,
      invoice.taxMinor,
      invoice.totalMinor,
      invoice.startingBalanceMinor,
      invoice.endingBalanceMinor,
      invoice.amountDueMinor,
      invoice.amountPaidMinor,
      invoice.amountRemainingMinor,
      invoice.createdAt,
      invoice.finalizedAt,
      invoice.paidAt,
      invoice.voidedAt,
      invoice.uncollectibleAt,
      invoice.object,
      fetchedAt,
    ],
  );
  return saved === 1;
}

async function insertLines(trx: Transaction, key: CustomerKey, { invoiceId, lines }: Invoice): Promise<void> {
  if (lines.length === 0) return;
  const column = <Value>(of: (line: InvoiceLine) => Value): Value[] => lines.map(of);
  await execute(
    trx,
    `insert into invoice_lines (lane, customer_id, invoice_id, line_id, position, kind, price_id, description, quantity,
       amount_minor, discounts_minor, credits_applied_minor, tax_minor, period_start, period_end, object)
     select $1, $2, $3, l.line_id, l.position, l.kind, l.price_id, l.description, l.quantity, l.amount, l.discounts,
       l.credits, l.tax, l.period_start, l.period_end, l.object
     from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[],
       $12::bigint[], $13::timestamptz[], $14::timestamptz[], $15::jsonb[]) with ordinality
       as l (line_id, kind, price_id, description, quantity, amount, discounts, credits, tax, period_start, period_end,
         object, position)`,
    [
      key.lane,
      key.customerId,
      invoiceId,
      column(({ lineId }) => lineId),
      column(({ kind }) => kind),
      column(({ priceId }) => priceId),
      column(({ description }) => description),
      column(({ quantity }) => quantity),
      column(({ amountMinor }) => amountMinor),
      column(({ discountsMinor }) => discountsMinor),
      column(({ creditsAppliedMinor }) => creditsAppliedMinor),
      column(({ taxMinor }) => taxMinor),
      column(({ periodStart }) => periodStart),
      column(({ periodEnd }) => periodEnd),
      column(({ object }) => JSON.stringify(object)),
    ],
  );
}

async function upsertPayments(trx: Transaction, key: CustomerKey, { invoiceId, payments }: Invoice): Promise<void> {
  for (const payment of payments) {
    await execute(
      trx,
      `insert into invoice_payments (lane, customer_id, invoice_payment_id, invoice_id, status, amount_paid_minor,
         currency, paid_at, object)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (lane, customer_id, invoice_payment_id) do update set status = excluded.status,
         amount_paid_minor = excluded.amount_paid_minor, paid_at = excluded.paid_at, object = excluded.object
       where invoice_payments.status <> 'paid'`,
      [
        key.lane,
        key.customerId,
        payment.invoicePaymentId,
        invoiceId,
        payment.status,
        payment.amountPaidMinor,
        payment.currency,
        payment.paidAt,
        payment.object,
      ],
    );
  }
}
