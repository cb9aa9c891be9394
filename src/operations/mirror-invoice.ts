import type { CustomerKey } from '../domain/customer.ts';
import { type Invoice, lineNet, type LineKind } from '../domain/invoice.ts';
import { invoicesToSettle } from '../storage/billed-periods.ts';
import { wallTime } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import { customerOfInvoice, markInvoiceDeleted, saveInvoice } from '../storage/invoices.ts';
import { packVersionOfPrice, planVersionOfPrice } from '../storage/plans.ts';
import { readSubscription } from '../storage/subscriptions.ts';
import { type FetchedInvoice, fetchInvoice, fetchPaidInvoiceId, lineKind } from '../stripe/invoices.ts';
import type { Deps } from './deps.ts';
import { returnVoidedUsage } from './end-voided-credits.ts';
import { grantPaidInvoice } from './grant-paid-invoice.ts';
import { knownCustomer } from './mirror-customer.ts';
import { mirrorSubscription, mirrorSubscriptionOnce } from './mirror-subscription.ts';
import { notePaidFee } from './note-paid-fee.ts';
import { postInvoice } from './post-invoice.ts';

export interface MirroredInvoice {
  readonly key: CustomerKey;
  readonly invoice: Invoice;
}

/**
 * Mirrors an invoice as it is now, with all lines and payments, and posts in the same transaction what its transitions
 * mean. A paid sign-up or pack opens its lots. Null when Stripe has no such invoice: a draft that was deleted.
 */
export async function mirrorInvoice(deps: Deps, invoiceId: string): Promise<MirroredInvoice | null> {
  const fetchedAt = await wallTime(deps.db);
  const fetched = await fetchInvoice(deps.stripe, invoiceId);
  if (fetched === null) {
    const owner = await customerOfInvoice(deps.db, invoiceId);
    if (owner !== null) await transaction(deps.db, (trx) => markInvoiceDeleted(trx, owner, invoiceId));
    return null;
  }
  const key = await knownCustomer(deps, fetched.stripeCustomerId);
  const invoice = { ...fetched, lines: await withKinds(deps, fetched.lines) };
  await ensureSubscription(deps, key, invoice);
  await transaction(deps.db, async (trx) => {
    // Sent together, run in order.
    const [, isNewer] = await Promise.all([lockCustomer(trx, key), saveInvoice(trx, key, { invoice, fetchedAt })]);
    if (isNewer) await postInvoice(deps, trx, key, invoice);
  });
  await grantWhatWasPaid(deps, key, invoice);
  if (invoice.voidedAt !== null) await returnVoidedUsage(deps, key, invoiceId);
  return { key, invoice };
}

/** Mirrors the invoice that a payment was made for; null when Stripe knows neither. */
export async function mirrorPaidInvoice(deps: Deps, invoicePaymentId: string): Promise<MirroredInvoice | null> {
  const invoiceId = await fetchPaidInvoiceId(deps.stripe, invoicePaymentId);
  return invoiceId === null ? null : mirrorInvoice(deps, invoiceId);
}

/** Mirrors again the finalized invoices whose periods were cut off only afterwards; returns how many became final. */
export async function settleBilledPeriods(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  const waiting = await invoicesToSettle(deps.db, limit);
  if (waiting.length === 0) return 0;
  for (const invoiceId of waiting) await mirrorInvoice(deps, invoiceId);
  const left = new Set(await invoicesToSettle(deps.db, limit));
  return waiting.filter((invoiceId) => !left.has(invoiceId)).length;
}

async function withKinds(deps: Deps, lines: FetchedInvoice['lines']): Promise<Invoice['lines']> {
  const kinds = new Map<string, LineKind>();
  for (const { priceId } of lines) {
    if (priceId === null || kinds.has(priceId)) continue;
    kinds.set(priceId, await kindOfPrice(deps, priceId));
  }
  return lines.map((line) => ({ ...line, kind: lineKind(line, kinds) }));
}

async function kindOfPrice(deps: Deps, priceId: string): Promise<LineKind> {
  const plan = await planVersionOfPrice(deps.db, priceId);
  if (plan !== null) return plan.stripeMeteredPriceId === priceId ? 'usage' : 'base';
  return (await packVersionOfPrice(deps.db, priceId)) === null ? 'other' : 'pack';
}

/** An invoice may come before its subscription; a sign-up that was paid has changed the subscription's status. */
async function ensureSubscription(deps: Deps, key: CustomerKey, invoice: Invoice): Promise<void> {
  const { subscriptionId } = invoice;
  if (subscriptionId === null) return;
  const stored = await readSubscription(deps.db, key, subscriptionId);
  const isSignUp = invoice.status === 'paid' && invoice.billingReason === 'subscription_create';
  if (stored !== null && !(isSignUp && stored.status === 'incomplete')) return;
  const status = await mirrorSubscriptionOnce(deps, subscriptionId);
  // That look may have begun before the payment.
  if (isSignUp && status === 'incomplete') await mirrorSubscription(deps, subscriptionId);
}

async function grantWhatWasPaid(deps: Deps, key: CustomerKey, invoice: Invoice): Promise<void> {
  const { paidAt, subscriptionId, lines } = invoice;
  if (invoice.status !== 'paid' || paidAt === null) return;
  await grantPacksAndSignUp(deps, key, invoice, paidAt);
  const fees = lines.filter(({ kind, amountMinor }) => kind === 'base' && amountMinor > 0n);
  if (subscriptionId === null || fees.length === 0) return;
  const spans = fees.map(({ periodStart: from, periodEnd: to }) => ({ from, to }));
  await notePaidFee(deps, { customer: key, subscriptionId, paidAt, spans });
}

async function grantPacksAndSignUp(deps: Deps, key: CustomerKey, invoice: Invoice, paidAt: Date): Promise<void> {
  const { invoiceId, subscriptionId, billingReason, currency, lines } = invoice;
  if (billingReason !== 'subscription_create' && !lines.some(({ kind }) => kind === 'pack')) return;
  await grantPaidInvoice(deps, {
    customer: key,
    invoiceId,
    subscriptionId,
    billingReason,
    currency,
    paidAt,
    lines: lines.map((line) => ({
      lineId: line.lineId,
      kind: line.kind,
      priceId: line.priceId,
      quantity: line.kind === 'pack' ? BigInt(line.quantity ?? '1') : 0n,
      paidMinor: lineNet(line),
    })),
  });
}
