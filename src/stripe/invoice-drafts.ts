// A cycle's draft invoice: keep it from being finalized too early, correct it, finalize it.
import type { Stripe } from 'stripe';

import type { LineTax } from '../domain/line-tax.ts';
import type { StripeGateway } from './gateway.ts';
import { lineTaxes } from './usage-tax.ts';

/** What the gate needs to know of an invoice; amounts in minor units. */
export interface InvoiceDraft {
  readonly invoiceId: string;
  readonly stripeCustomerId: string;
  readonly subscriptionId: string | null;
  readonly isCycle: boolean;
  readonly status: string;
  readonly currency: string;
  readonly createdAt: Date;
  readonly periodEnd: Date;
  readonly autoAdvance: boolean;
  readonly finalizesAt: Date | null;
  /** What another hand wants below it, on the draft itself or for all invoices of the customer; null: nothing. */
  readonly footer: string | null;
  /** Of the whole invoice or of a line; which lines they reach, only their amounts tell. */
  readonly hasDiscounts: boolean;
  /** With tax, less the credits that the draft shows; Stripe may show none before it is final. */
  readonly totalMinor: bigint;
  readonly creditsShownMinor: bigint;
  /** Stripe works out the tax; else rates do, an item's own or these. */
  readonly hasAutomaticTax: boolean;
  readonly defaultRateIds: readonly string[];
  readonly lines: readonly DraftLine[];
}

export interface DraftLine {
  readonly lineId: string;
  readonly priceId: string | null;
  readonly subscriptionItemId: string | null;
  readonly isProration: boolean;
  readonly periodStart: Date;
  readonly amountMinor: bigint;
  readonly discountsMinor: bigint;
  /** After discounts and the credits that the draft shows. */
  readonly netMinor: bigint;
  readonly taxes: readonly LineTax[];
  readonly creditpoolKey: string | null;
}

const LINES_READ_MAX = 1_000;

/** Reads an invoice with all its lines. */
export async function readInvoiceDraft(stripe: StripeGateway, invoiceId: string): Promise<InvoiceDraft> {
  const invoice = await stripe.invoices.retrieve(invoiceId, { expand: ['customer'] });
  const lines: DraftLine[] = invoice.lines.data.map(draftLine);
  if (invoice.lines.has_more) {
    lines.length = 0;
    for await (const line of stripe.invoices.listLineItems(invoiceId, { limit: 100 })) {
      lines.push(draftLine(line));
      if (lines.length >= LINES_READ_MAX) throw new Error(`${invoiceId} has more than ${LINES_READ_MAX} lines`);
    }
  }
  return { ...draftFacts(invoice), lines };
}

/** Draft invoices of a subscription, newest first: webhooks get lost. Lines are the first page only. */
export async function listInvoiceDrafts(
  stripe: StripeGateway,
  subscriptionId: string,
): Promise<readonly InvoiceDraft[]> {
  const page = await stripe.invoices.list({ subscription: subscriptionId, status: 'draft', limit: 100 });
  return page.data.map((invoice) => ({ ...draftFacts(invoice), lines: invoice.lines.data.map(draftLine) }));
}

/** The longest text that Stripe takes below an invoice. */
export const FOOTER_MAX = 5_000;

/**
 * The dead man's switch: Stripe finalizes by itself at that instant if nobody does before. With a text, that stands below
 * the invoice from then on.
 */
export async function scheduleFinalization(
  stripe: StripeGateway,
  invoiceId: string,
  { at, footer }: { readonly at: Date; readonly footer: string | null },
): Promise<void> {
  await stripe.invoices.update(invoiceId, {
    auto_advance: true,
    automatically_finalizes_at: Math.floor(at.getTime() / 1000),
    ...(footer !== null && { footer }),
  });
}

/** Finalizes a draft and lets Stripe collect it: without auto_advance nobody would. */
export async function finalizeInvoice(stripe: StripeGateway, invoiceId: string, idempotencyKey: string): Promise<void> {
  await stripe.invoices.finalizeInvoice(invoiceId, { auto_advance: true }, { idempotencyKey });
}

export type InvoiceItemRequest = Stripe.InvoiceItemCreateParams;

/** Puts an item on a draft and returns its id. */
export async function createInvoiceItem(
  stripe: StripeGateway,
  request: InvoiceItemRequest,
  idempotencyKey: string,
): Promise<string> {
  return (await stripe.invoiceItems.create(request, { idempotencyKey })).id;
}

/** The item of an invoice, or of a customer, that carries our key; null when there is none. */
export async function findInvoiceItem(
  stripe: StripeGateway,
  of: { readonly invoice: string } | { readonly customer: string },
  creditpoolKey: string,
): Promise<string | null> {
  let read = 0;
  for await (const item of stripe.invoiceItems.list({ ...of, limit: 100 })) {
    if (item.metadata?.['creditpool_key'] === creditpoolKey) return item.id;
    read += 1;
    if (read >= LINES_READ_MAX)
      throw new Error(`${Object.values(of).join()} has more than ${LINES_READ_MAX} invoice items`);
  }
  return null;
}

function draftFacts(invoice: Stripe.Invoice): Omit<InvoiceDraft, 'lines'> {
  const subscription = invoice.parent?.subscription_details?.subscription ?? null;
  return {
    invoiceId: invoice.id,
    stripeCustomerId: idOf(invoice.customer ?? ''),
    subscriptionId: subscription === null ? null : idOf(subscription),
    isCycle: invoice.billing_reason === 'subscription_cycle',
    status: invoice.status ?? 'draft',
    currency: invoice.currency,
    createdAt: new Date(invoice.created * 1000),
    periodEnd: new Date(invoice.period_end * 1000),
    hasDiscounts: invoice.discounts.length > 0 || invoice.lines.data.some((line) => line.discounts.length > 0),
    footer: footerOf(invoice),
    totalMinor: BigInt(invoice.total),
    creditsShownMinor: creditsIn(invoice.total_pretax_credit_amounts),
    hasAutomaticTax: invoice.automatic_tax.enabled,
    defaultRateIds: invoice.default_tax_rates.map(({ id }) => id),
    autoAdvance: invoice.auto_advance ?? false,
    finalizesAt:
      invoice.automatically_finalizes_at === null ? null : new Date(invoice.automatically_finalizes_at * 1000),
  };
}

function footerOf({ footer, customer }: Stripe.Invoice): string | null {
  const isKnown = customer !== null && typeof customer !== 'string' && customer.deleted !== true;
  return footer ?? (isKnown ? customer.invoice_settings.footer : null);
}

function draftLine(line: Stripe.InvoiceLineItem): DraftLine {
  const price = line.pricing?.price_details?.price ?? null;
  const { subscription_item_details: ofItem, invoice_item_details: ofInvoiceItem } = line.parent ?? {};
  const amountMinor = BigInt(line.amount);
  const discountsMinor = (line.discount_amounts ?? []).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  return {
    lineId: line.id,
    priceId: price === null ? null : idOf(price),
    subscriptionItemId: ofItem?.subscription_item ?? null,
    isProration: ofItem?.proration ?? ofInvoiceItem?.proration ?? false,
    periodStart: new Date(line.period.start * 1000),
    amountMinor,
    discountsMinor,
    netMinor: amountMinor - discountsMinor - creditsIn(line.pretax_credit_amounts),
    taxes: lineTaxes(line),
    creditpoolKey: line.metadata['creditpool_key'] ?? null,
  };
}

/** Discounts stand in the same list. */
function creditsIn(amounts: readonly { readonly amount: number; readonly type: string }[] | null): bigint {
  return (amounts ?? [])
    .filter(({ type }) => type === 'credit_balance_transaction')
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

function idOf(reference: string | { readonly id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
