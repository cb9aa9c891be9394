// Stores fetched invoices whole: every line, every payment. The latest fetch wins; a void invoice stays void.
import type { CustomerKey } from '../domain/customer.ts';
import type { Invoice } from '../domain/invoice.ts';
import type { Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { execute, query } from './query.ts';

type Fetched = readonly [key: CustomerKey, { readonly invoice: Invoice; readonly fetchedAt: Date }];

/** Stores a fetched invoice with its lines and payments; false, and nothing changed, when a later fetch is stored. */
export const saveInvoice = inStep(async (trx: Transaction, fetched: readonly Fetched[]) => {
  const saved = await upsertInvoices(trx, fetched);
  const isSaved = ([, { invoice }]: Fetched): boolean => saved.has(invoice.invoiceId);
  const newer = fetched.filter(isSaved);
  // Sent together, run in order.
  await Promise.all([deleteLines(trx, newer), insertLines(trx, newer), upsertPayments(trx, newer)]);
  return fetched.map(isSaved);
});

async function upsertInvoices(trx: Transaction, fetched: readonly Fetched[]): Promise<ReadonlySet<string>> {
  const column = <Value>(of: (invoice: Invoice, fetchedAt: Date, key: CustomerKey) => Value): Value[] =>
    fetched.map(([key, { invoice, fetchedAt }]) => of(invoice, fetchedAt, key));
  const rows = await query<{ invoiceId: string }>(
    trx,
    `insert into invoices (lane, customer_id, invoice_id, number, subscription_id, billing_reason, status, currency,
       period_start, period_end, subtotal_minor, discounts_minor, credits_applied_minor, tax_minor, total_minor,
       starting_balance_minor, ending_balance_minor, amount_due_minor, amount_paid_minor, amount_remaining_minor,
       created_at, finalized_at, paid_at, voided_at, uncollectible_at, object, fetched_at)
     select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::timestamptz[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::json[], $27::timestamptz[])
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
     where invoices.fetched_at <= excluded.fetched_at and (invoices.status not in ('void', 'deleted') or excluded.status = 'void')
     returning invoice_id as "invoiceId"`,
    [
      column((_invoice, _at, key) => key.lane),
      column((_invoice, _at, key) => key.customerId),
      column((invoice) => invoice.invoiceId),
      column((invoice) => invoice.number),
      column((invoice) => invoice.subscriptionId),
      column((invoice) => invoice.billingReason),
      column((invoice) => invoice.status),
      column((invoice) => invoice.currency),
      column((invoice) => invoice.periodStart),
      column((invoice) => invoice.periodEnd),
      column((invoice) => invoice.subtotalMinor),
      column((invoice) => invoice.discountsMinor),
      column((invoice) => invoice.creditsAppliedMinor),
      column((invoice) => invoice.taxMinor),
      column((invoice) => invoice.totalMinor),
      column((invoice) => invoice.startingBalanceMinor),
      column((invoice) => invoice.endingBalanceMinor),
      column((invoice) => invoice.amountDueMinor),
      column((invoice) => invoice.amountPaidMinor),
      column((invoice) => invoice.amountRemainingMinor),
      column((invoice) => invoice.createdAt),
      column((invoice) => invoice.finalizedAt),
      column((invoice) => invoice.paidAt),
      column((invoice) => invoice.voidedAt),
      column((invoice) => invoice.uncollectibleAt),
      column((invoice) => invoice.object),
      column((_, fetchedAt) => fetchedAt),
    ],
  );
  return new Set(rows.map(({ invoiceId }) => invoiceId));
}

async function deleteLines(trx: Transaction, fetched: readonly Fetched[]): Promise<void> {
  if (fetched.length === 0) return;
  await execute(
    trx,
    `delete from invoice_lines l using unnest($1::smallint[], $2::uuid[], $3::text[]) as i (lane, customer_id, invoice_id)
     where l.lane = any ($1) and l.lane = i.lane and l.customer_id = i.customer_id and l.invoice_id = i.invoice_id`,
    [
      fetched.map(([{ lane }]) => lane),
      fetched.map(([{ customerId }]) => customerId),
      fetched.map(([, { invoice }]) => invoice.invoiceId),
    ],
  );
}

async function insertLines(trx: Transaction, fetched: readonly Fetched[]): Promise<void> {
  const rows = fetched.flatMap(([key, { invoice }]) =>
    invoice.lines.map((line, at) => ({ ...line, key, invoiceId: invoice.invoiceId, position: BigInt(at + 1) })),
  );
  if (rows.length === 0) return;
  const column = <Value>(of: (row: (typeof rows)[number]) => Value): Value[] => rows.map(of);
  await execute(
    trx,
    `insert into invoice_lines (lane, customer_id, invoice_id, line_id, position, kind, price_id, description, quantity,
       amount_minor, discounts_minor, credits_applied_minor, tax_minor, period_start, period_end, object)
     select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
       $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::timestamptz[],
       $15::timestamptz[], $16::jsonb[])`,
    [
      column(({ key }) => key.lane),
      column(({ key }) => key.customerId),
      column(({ invoiceId }) => invoiceId),
      column(({ lineId }) => lineId),
      column(({ position }) => position),
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
      column(({ object }) => object),
    ],
  );
}

async function upsertPayments(trx: Transaction, fetched: readonly Fetched[]): Promise<void> {
  const rows = fetched.flatMap(([key, { invoice }]) =>
    invoice.payments.map((payment) => ({ ...payment, key, invoiceId: invoice.invoiceId })),
  );
  if (rows.length === 0) return;
  const column = <Value>(of: (row: (typeof rows)[number]) => Value): Value[] => rows.map(of);
  await execute(
    trx,
    `insert into invoice_payments (lane, customer_id, invoice_payment_id, invoice_id, status, amount_paid_minor,
       currency, paid_at, object)
     select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
       $8::timestamptz[], $9::jsonb[])
     on conflict (lane, customer_id, invoice_payment_id) do update set status = excluded.status,
       amount_paid_minor = excluded.amount_paid_minor, paid_at = excluded.paid_at, object = excluded.object
     where invoice_payments.status <> 'paid'`,
    [
      column(({ key }) => key.lane),
      column(({ key }) => key.customerId),
      column(({ invoicePaymentId }) => invoicePaymentId),
      column(({ invoiceId }) => invoiceId),
      column(({ status }) => status),
      column(({ amountPaidMinor }) => amountPaidMinor),
      column(({ currency }) => currency),
      column(({ paidAt }) => paidAt),
      column(({ object }) => object),
    ],
  );
}
