// Stripe's side of a reconciliation: whole lists of one customer, a hundred a page. Stripe allots reads, so each page is
// counted by who asks for it.
import type { Stripe } from 'stripe';

import type { ProrationThere } from '../domain/reconciliation/seats.ts';
import type {
  BalanceMovementThere,
  CreditMovementThere,
  CreditNoteThere,
  CustomerThere,
  GrantThere,
  InvoiceLineThere,
  InvoiceThere,
  PaymentThere,
} from '../domain/statement.ts';
import type { StripeGateway } from './gateway.ts';
import { meteredTotal, type MeteredSpan } from './meter-events.ts';
import { idOf, idOrNull, instant, instantOrNull, minor, sumMinor, unlessMissing } from './reading.ts';
import { lineTaxes } from './usage-tax.ts';

/** Counts the GETs of one run. */
export interface ReadCount {
  reads: number;
}

const PAGE = 100;

/** A list without an end would eat the read allocation. */
const PAGES_MAX = 1_000;

/** Reads a list to its end, or to the first item that need not be read. */
export async function readAll<Item extends { readonly id: string }>(
  count: ReadCount,
  page: (after: { starting_after?: string }) => Promise<{ data: Item[]; has_more: boolean }>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: { starting_after?: string } = {};
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    count.reads += 1;
    const { data, has_more: hasMore } = await page(after);
    items.push(...data);
    const last = data.at(-1);
    if (!hasMore || last === undefined) return items;
    after = { starting_after: last.id };
  }
  throw new Error(`a list at Stripe has more than ${PAGES_MAX * PAGE} items`);
}

/** The customer itself; null when Stripe has deleted it or never had it. */
export async function customerThere(
  stripe: StripeGateway,
  count: ReadCount,
  stripeCustomerId: string,
): Promise<CustomerThere | null> {
  count.reads += 1;
  const customer = await unlessMissing(stripe.customers.retrieve(stripeCustomerId));
  if (customer === null || customer.deleted === true) return null;
  return { balanceMinor: minor(customer.balance), currency: customer.currency ?? null };
}

/** Meter units that Stripe counts in a span; null when it is no whole number. */
export async function countedThere(stripe: StripeGateway, count: ReadCount, span: MeteredSpan): Promise<bigint | null> {
  count.reads += 1;
  return meteredTotal(stripe, span);
}

/** Prorations of a customer, on an invoice or kept for the next one. */
export async function prorationsThere(
  stripe: StripeGateway,
  count: ReadCount,
  customer: string,
): Promise<readonly ProrationThere[]> {
  const items = await readAll(count, (after) => stripe.invoiceItems.list({ customer, limit: PAGE, ...after }));
  return items
    .filter(({ proration }) => proration)
    .map(({ pricing, period, amount }) => ({
      priceId: idOrNull(pricing?.price_details?.price),
      from: instant(period.start),
      amountMinor: minor(amount),
    }));
}

export async function grantsThere(
  stripe: StripeGateway,
  count: ReadCount,
  customer: string,
): Promise<readonly GrantThere[]> {
  const grants = await readAll(count, (after) => stripe.billing.creditGrants.list({ customer, limit: PAGE, ...after }));
  return grants.map((grant) => ({
    stripeGrantId: grant.id,
    currency: grant.amount.monetary?.currency ?? '',
    amountMinor: minor(grant.amount.monetary?.value),
    category: grant.category,
    priority: grant.priority ?? 50,
    priceIds: grant.applicability_config.scope.prices?.map(({ id }) => id ?? '').toSorted() ?? null,
    effectiveAt: instant(grant.effective_at ?? grant.created),
    expiresAt: instantOrNull(grant.expires_at),
    voidedAt: instantOrNull(grant.voided_at),
    key: grant.metadata['creditpool_key'] ?? null,
  }));
}

export async function creditMovementsThere(
  stripe: StripeGateway,
  count: ReadCount,
  customer: string,
): Promise<readonly CreditMovementThere[]> {
  const found = await readAll(count, (after) =>
    stripe.billing.creditBalanceTransactions.list({ customer, limit: PAGE, ...after }),
  );
  return found.map(({ id, credit, debit, credit_grant: grant }) => {
    const applied = debit?.credits_applied ?? credit?.credits_application_invoice_voided ?? null;
    const amount = (credit ?? debit)?.amount.monetary;
    return {
      transactionId: id,
      stripeGrantId: idOf(grant),
      type: credit?.type ?? debit?.type ?? 'unknown',
      amountMinor: minor(amount?.value),
      currency: amount?.currency ?? '',
      invoiceId: idOrNull(applied?.invoice),
      invoiceLineId: applied?.invoice_line_item ?? null,
    };
  });
}

/** A customer who was taken over: what was settled before is in somebody else's books, except what is mirrored. */
export interface Adopted {
  readonly at: Date;
  readonly invoiceIds: ReadonlySet<string>;
}

const SETTLED: readonly (string | null)[] = ['paid', 'void', 'uncollectible'];

function isElsewhere({ id, created, status }: Stripe.Invoice, adopted: Adopted): boolean {
  return SETTLED.includes(status) && instant(created) < adopted.at && !adopted.invoiceIds.has(id);
}

/** A customer's invoices with every line and payment. */
export async function invoicesThere(
  stripe: StripeGateway,
  count: ReadCount,
  customer: string,
  adopted: Adopted | null,
): Promise<readonly InvoiceThere[]> {
  const expand = ['data.payments'];
  const invoices = await readAll(count, (after) => stripe.invoices.list({ customer, limit: PAGE, expand, ...after }));
  const whole: InvoiceThere[] = [];
  for (const invoice of invoices) {
    if (adopted !== null && isElsewhere(invoice, adopted)) continue;
    const lines = invoice.lines.has_more
      ? await readAll(count, (after) => stripe.invoices.listLineItems(invoice.id, { limit: PAGE, ...after }))
      : invoice.lines.data;
    const payments = invoice.payments?.has_more
      ? await readAll(count, (after) => stripe.invoicePayments.list({ invoice: invoice.id, limit: PAGE, ...after }))
      : (invoice.payments?.data ?? []);
    whole.push({ ...toInvoice(invoice), lines: lines.map(toLine), payments: payments.map(toPayment) });
  }
  return whole;
}

function toInvoice(invoice: Stripe.Invoice): Omit<InvoiceThere, 'lines' | 'payments'> {
  return {
    invoiceId: invoice.id,
    status: invoice.status ?? 'draft',
    currency: invoice.currency,
    subtotalMinor: minor(invoice.subtotal),
    discountsMinor: sumMinor(invoice.total_discount_amounts),
    creditsAppliedMinor: creditsOf(invoice.total_pretax_credit_amounts),
    taxMinor: sumMinor(invoice.total_taxes),
    totalMinor: minor(invoice.total),
    startingBalanceMinor: minor(invoice.starting_balance),
    endingBalanceMinor: invoice.ending_balance === null ? null : minor(invoice.ending_balance),
    amountDueMinor: minor(invoice.amount_due),
    amountPaidMinor: minor(invoice.amount_paid),
    amountRemainingMinor: minor(invoice.amount_remaining),
    preNotesMinor: minor(invoice.pre_payment_credit_notes_amount),
    hasAutomaticTax: invoice.automatic_tax.enabled,
  };
}

function toLine(line: Stripe.InvoiceLineItem): InvoiceLineThere {
  const inclusive = (line.taxes ?? []).filter(({ tax_behavior: behaviour }) => behaviour === 'inclusive');
  return {
    lineId: line.id,
    priceId: idOrNull(line.pricing?.price_details?.price),
    quantity: line.quantity_decimal?.toString() ?? line.quantity?.toString() ?? null,
    amountMinor: minor(line.amount),
    discountsMinor: sumMinor(line.discount_amounts),
    creditsAppliedMinor: creditsOf(line.pretax_credit_amounts),
    taxMinor: sumMinor(line.taxes),
    inclusiveTaxMinor: sumMinor(inclusive),
    taxes: lineTaxes(line),
    isCorrection: line.metadata['creditpool'] === 'correction',
    key: line.metadata['creditpool_key'] ?? null,
  };
}

function toPayment(payment: Stripe.InvoicePayment): PaymentThere {
  return {
    invoicePaymentId: payment.id,
    status: payment.status,
    amountPaidMinor: minor(payment.amount_paid),
    intentId: idOrNull(payment.payment.payment_intent),
  };
}

function creditsOf(amounts: readonly { readonly amount: number; readonly type: string }[] | null): bigint {
  return sumMinor((amounts ?? []).filter(({ type }) => type === 'credit_balance_transaction'));
}

export async function creditNotesThere(
  stripe: StripeGateway,
  count: ReadCount,
  customer: string,
): Promise<readonly CreditNoteThere[]> {
  const notes = await readAll(count, (after) => stripe.creditNotes.list({ customer, limit: PAGE, ...after }));
  return notes.map((note) => ({
    creditNoteId: note.id,
    invoiceId: idOf(note.invoice),
    status: note.status,
    currency: note.currency,
    totalMinor: minor(note.total),
    prePaymentMinor: minor(note.pre_payment_amount),
    postPaymentMinor: minor(note.post_payment_amount),
    key: note.metadata?.['creditpool_key'] ?? null,
  }));
}

export async function balanceMovementsThere(
  stripe: StripeGateway,
  count: ReadCount,
  customer: string,
): Promise<readonly BalanceMovementThere[]> {
  const found = await readAll(count, (after) =>
    stripe.customers.listBalanceTransactions(customer, { limit: PAGE, ...after }),
  );
  return found.map(({ id, amount, currency }) => ({ transactionId: id, amountMinor: minor(amount), currency }));
}
