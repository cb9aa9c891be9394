import type { Stripe } from 'stripe';

import type { Invoice, InvoiceLine, InvoicePayment, LineKind } from '../domain/invoice.ts';
import type { CustomerFacts } from '../domain/stripe-customer.ts';
import type { SubscriptionFacts } from '../domain/subscription.ts';
import { customerFacts } from './customers.ts';
import type { StripeGateway } from './gateway.ts';
import {
  asStored,
  expanded,
  idOf,
  idOrNull,
  instant,
  instantOrNull,
  minor,
  sumMinor,
  unlessMissing,
} from './reading.ts';
import { subscriptionFacts } from './subscriptions.ts';

/** An invoice as Stripe has it; only the catalogue knows what its lines are for. */
export type FetchedInvoice = Omit<Invoice, 'lines'> & { readonly lines: readonly Omit<InvoiceLine, 'kind'>[] };

const LINES_MAX = 10_000;

/** An invoice with those whom it is about, all as they were at one moment. */
export interface InvoiceSight {
  readonly invoice: FetchedInvoice;
  /** null for a customer who was deleted */
  readonly customer: CustomerFacts | null;
  /** null for an invoice of no subscription */
  readonly subscription: SubscriptionFacts | null;
}

/** With the invoice comes what its books depend on: one call instead of three, and no two of them contradict each other. */
const SEEN_TOGETHER = ['payments', 'customer', 'parent.subscription_details.subscription'];

/** An invoice as it is now, with all its lines and payments; null when there is none, such as a deleted draft. */
export async function fetchInvoice(stripe: StripeGateway, invoiceId: string): Promise<InvoiceSight | null> {
  const seen = await unlessMissing(stripe.invoices.retrieve(invoiceId, { expand: SEEN_TOGETHER }));
  if (seen === null) return null;
  const { customer, parent } = seen;
  if (customer === null) throw new Error(`invoice ${seen.id} names no customer`);
  const details = parent?.subscription_details ?? null;
  const invoice = { ...seen, customer: idOf(customer), parent: parent === null ? null : withIds(parent) };
  const lines = invoice.lines.has_more
    ? await stripe.invoices.listLineItems(invoiceId, { limit: 100 }).autoPagingToArray({ limit: LINES_MAX })
    : invoice.lines.data;
  // Of the same moment as the invoice, so that a payment which made it paid is among them.
  const payments =
    invoice.payments === undefined || invoice.payments.has_more
      ? await stripe.invoicePayments.list({ invoice: invoiceId, limit: 100 }).autoPagingToArray({ limit: LINES_MAX })
      : invoice.payments.data;
  return {
    invoice: { ...toInvoice(invoice), lines: lines.map(toLine), payments: payments.map(toPayment) },
    customer: customerFacts(expanded(customer)),
    subscription: details === null ? null : await subscriptionFacts(stripe, expanded(details.subscription)),
  };
}

/** As it is where nothing is expanded, which is what we store. */
function withIds(parent: Stripe.Invoice.Parent): Stripe.Invoice.Parent {
  const details = parent.subscription_details;
  if (details === null) return parent;
  return { ...parent, subscription_details: { ...details, subscription: idOf(details.subscription) } };
}

/** The invoice that a payment was made for; null when there is no such payment. */
export async function fetchPaidInvoiceId(stripe: StripeGateway, invoicePaymentId: string): Promise<string | null> {
  const payment = await unlessMissing(stripe.invoicePayments.retrieve(invoicePaymentId));
  return payment === null ? null : idOf(payment.invoice);
}

/** The line of that catalogue kind; `metadata.creditpool` marks the items that we put on a draft ourselves. */
export function lineKind(
  line: Pick<InvoiceLine, 'metadata' | 'priceId'>,
  kindOfPrice: ReadonlyMap<string, LineKind>,
): LineKind {
  const own = line.metadata['creditpool'];
  if (own === 'correction' || own === 'rounding') return own;
  return (line.priceId === null ? undefined : kindOfPrice.get(line.priceId)) ?? 'other';
}

function toInvoice(invoice: Stripe.Invoice): Omit<Invoice, 'lines' | 'payments'> {
  const { status_transitions: moved } = invoice;
  return {
    invoiceId: invoice.id,
    stripeCustomerId: idOf(invoice.customer ?? ''),
    number: invoice.number,
    subscriptionId: idOrNull(invoice.parent?.subscription_details?.subscription),
    billingReason: invoice.billing_reason,
    status: invoice.status ?? 'draft',
    currency: invoice.currency,
    periodStart: instant(invoice.period_start),
    periodEnd: instant(invoice.period_end),
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
    amountOverpaidMinor: minor(invoice.amount_overpaid),
    preNotesMinor: minor(invoice.pre_payment_credit_notes_amount),
    hasAutomaticTax: invoice.automatic_tax.enabled,
    createdAt: instant(invoice.created),
    finalizedAt: instantOrNull(moved.finalized_at),
    paidAt: instantOrNull(moved.paid_at),
    voidedAt: instantOrNull(moved.voided_at),
    uncollectibleAt: instantOrNull(moved.marked_uncollectible_at),
    object: asStored({ ...invoice, lines: undefined, payments: undefined }),
  };
}

function toLine(line: Stripe.InvoiceLineItem): Omit<InvoiceLine, 'kind'> {
  const inclusive = (line.taxes ?? []).filter(({ tax_behavior: behaviour }) => behaviour === 'inclusive');
  return {
    lineId: line.id,
    priceId: idOrNull(line.pricing?.price_details?.price),
    description: line.description,
    quantity: line.quantity_decimal?.toString() ?? line.quantity?.toString() ?? null,
    amountMinor: minor(line.amount),
    discountsMinor: sumMinor(line.discount_amounts),
    creditsAppliedMinor: creditsOf(line.pretax_credit_amounts),
    taxMinor: sumMinor(line.taxes),
    inclusiveTaxMinor: sumMinor(inclusive),
    periodStart: instant(line.period.start),
    periodEnd: instant(line.period.end),
    metadata: line.metadata,
    object: asStored(line),
  };
}

function toPayment(payment: Stripe.InvoicePayment): InvoicePayment {
  return {
    invoicePaymentId: payment.id,
    status: payment.status,
    type: payment.payment.type,
    amountPaidMinor: minor(payment.amount_paid),
    currency: payment.currency,
    paidAt: instantOrNull(payment.status_transitions.paid_at),
    object: asStored(payment),
  };
}

/** Discounts stand in the same list; the billing credits are what we want. */
function creditsOf(amounts: readonly { readonly amount: number; readonly type: string }[] | null): bigint {
  return sumMinor((amounts ?? []).filter(({ type }) => type === 'credit_balance_transaction'));
}
