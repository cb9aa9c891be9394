import type { CustomerKey } from '../domain/customer.ts';
import { type Invoice, lineNet, type LineKind } from '../domain/invoice.ts';
import type { SubscriptionFacts } from '../domain/subscription.ts';
import { billsPeriod, invoicesToSettle } from '../storage/billed-periods.ts';
import { wallTime } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { type Transaction, transaction } from '../storage/database.ts';
import { saveInvoice } from '../storage/fetched-invoices.ts';
import { pricesOnMeters } from '../storage/foreign-prices.ts';
import { customerOfInvoice, markInvoiceDeleted } from '../storage/invoices.ts';
import { packVersionOfPrice, planVersionOfPrice } from '../storage/plans.ts';
import { readSubscription } from '../storage/subscriptions.ts';
import {
  type FetchedInvoice,
  fetchInvoice,
  fetchPaidInvoiceId,
  type InvoiceSight,
  lineKind,
} from '../stripe/invoices.ts';
import type { Deps } from './deps.ts';
import { returnVoidedUsage } from './end-voided-credits.ts';
import { openPaidLots } from './grant-paid-invoice.ts';
import { knownCustomer } from './mirror-customer.ts';
import { storeSubscription } from './mirror-subscription.ts';
import { notePaidFee } from './note-paid-fee.ts';
import { postInvoice } from './post-invoice.ts';
import { recognisePrices } from './recognise-prices.ts';

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
  const seen = await fetchInvoice(deps.stripe, invoiceId);
  if (seen === null) {
    const owner = await customerOfInvoice(deps.db, invoiceId);
    if (owner !== null) await transaction(deps.db, (trx) => markInvoiceDeleted(trx, owner, invoiceId));
    return null;
  }
  const key = await knownCustomer(deps, seen.invoice.stripeCustomerId);
  await recognisePrices(deps, seen.invoice.lines);
  const invoice = await transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    return storeInvoice(deps, trx, key, { ...seen, fetchedAt });
  });
  if (invoice.voidedAt !== null) await returnVoidedUsage(deps, key, invoiceId);
  return { key, invoice };
}

/**
 * The same of what was fetched, in the transaction of a caller who holds the customer's lock; he returns the usage of a
 * void invoice afterwards.
 */
export async function storeInvoice(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  { invoice: fetched, subscription, fetchedAt }: InvoiceSight & { readonly fetchedAt: Date },
): Promise<Invoice> {
  const invoice = { ...fetched, lines: await withKinds(trx, key, fetched) };
  if (subscription !== null) await ensureSubscription(deps, trx, key, { invoice, subscription, fetchedAt });
  if (await saveInvoice(trx, key, { invoice, fetchedAt })) await postInvoice(deps, trx, key, invoice);
  await grantWhatWasPaid(deps, trx, key, invoice);
  return invoice;
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

async function withKinds(trx: Transaction, key: CustomerKey, invoice: FetchedInvoice): Promise<Invoice['lines']> {
  const { lines } = invoice;
  const kinds = new Map<string, LineKind>();
  for (const { priceId } of lines) {
    if (priceId === null || kinds.has(priceId)) continue;
    kinds.set(priceId, await kindOfPrice(trx, priceId));
  }
  for (const priceId of await foreignUsage(trx, key, invoice, kinds)) kinds.set(priceId, 'usage');
  return lines.map((line) => ({ ...line, kind: lineKind(line, kinds) }));
}

/** Prices by another hand that bill our meter, on an invoice that settles a period of ours: it is that period's usage. */
async function foreignUsage(
  trx: Transaction,
  key: CustomerKey,
  { invoiceId, subscriptionId, lines }: FetchedInvoice,
  kinds: ReadonlyMap<string, LineKind>,
): Promise<readonly string[]> {
  const others = [...kinds].flatMap(([priceId, kind]) => (kind === 'other' ? [priceId] : []));
  if (others.length === 0 || subscriptionId === null) return [];
  const onMeters = await pricesOnMeters(trx);
  const foreign = others.filter((priceId) => onMeters.has(priceId));
  const spans = lines.filter(
    ({ priceId }) => priceId !== null && (foreign.includes(priceId) || kinds.get(priceId) === 'usage'),
  );
  const isOurs = foreign.length > 0 && (await billsPeriod(trx, key, { invoiceId, subscriptionId, spans }));
  return isOurs ? foreign : [];
}

async function kindOfPrice(trx: Transaction, priceId: string): Promise<LineKind> {
  const plan = await planVersionOfPrice(trx, priceId);
  if (plan !== null) return plan.stripeMeteredPriceId === priceId ? 'usage' : 'base';
  return (await packVersionOfPrice(trx, priceId)) === null ? 'other' : 'pack';
}

/** An invoice may come before its subscription; a sign-up that was paid has changed the subscription's status. */
async function ensureSubscription(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  { invoice, subscription: facts, fetchedAt }: { invoice: Invoice; subscription: SubscriptionFacts; fetchedAt: Date },
): Promise<void> {
  const stored = await readSubscription(trx, key, facts.subscriptionId);
  const isSignUp = invoice.status === 'paid' && invoice.billingReason === 'subscription_create';
  if (stored !== null && !(isSignUp && stored.status === 'incomplete')) return;
  await storeSubscription(deps, trx, key, { facts, fetchedAt, changedAt: null });
}

async function grantWhatWasPaid(deps: Deps, trx: Transaction, key: CustomerKey, invoice: Invoice): Promise<void> {
  const { paidAt, subscriptionId, lines } = invoice;
  if (invoice.status !== 'paid' || paidAt === null) return;
  await grantPacksAndSignUp(deps, trx, key, { invoice, paidAt });
  const fees = lines.filter(({ kind, amountMinor }) => kind === 'base' && amountMinor > 0n);
  if (subscriptionId === null || fees.length === 0) return;
  const spans = fees.map(({ periodStart: from, periodEnd: to }) => ({ from, to }));
  await notePaidFee(deps, trx, { customer: key, subscriptionId, paidAt, spans });
}

async function grantPacksAndSignUp(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  { invoice, paidAt }: { invoice: Invoice; paidAt: Date },
): Promise<void> {
  const { invoiceId, subscriptionId, billingReason, currency, lines } = invoice;
  if (billingReason !== 'subscription_create' && !lines.some(({ kind }) => kind === 'pack')) return;
  await openPaidLots(deps, trx, {
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
