import { parseCredits } from '../domain/amount.ts';
import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { openLot } from '../domain/lot-opening.ts';
import { openIncludedLot } from '../domain/period-opening.ts';
import type { Moment, PoolBook } from '../domain/pool-book.ts';
import { type Transaction, transaction } from '../storage/database.ts';
import { isMoneyBack } from '../storage/given-back.ts';
import { hasFirstAllowance, openedSources } from '../storage/lots.ts';
import { packVersionOfPrice, type PackVersion } from '../storage/plans.ts';
import { loadBook } from '../storage/pool-books.ts';
import { clawBackCredits } from './claw-back-credits.ts';
import type { Deps } from './deps.ts';
import { saveWatched, watch } from './watch-pools.ts';

/** The facts of a paid invoice that grants depend on. */
export interface PaidInvoice {
  readonly customer: CustomerKey;
  readonly invoiceId: string;
  readonly subscriptionId: string | null;
  readonly billingReason: string | null;
  readonly currency: string;
  readonly paidAt: Date;
  readonly lines: readonly {
    readonly lineId: string;
    readonly kind: 'base' | 'usage' | 'pack' | 'correction' | 'rounding' | 'other';
    readonly priceId: string | null;
    readonly quantity: bigint;
    /** After discounts, before tax, minor units: what this line's credits cost. */
    readonly paidMinor: bigint;
  }[];
}

/** A paid sign-up opens the first allowance, a paid pack its lot, effective when it was paid; once per line for ever. */
export async function grantPaidInvoice(
  deps: Deps,
  invoice: PaidInvoice,
): Promise<{ readonly lotIds: readonly string[] }> {
  return transaction(deps.db, async (trx) => ({ lotIds: await openPaidLots(deps, trx, invoice) }));
}

/** The same in the caller's transaction; returns the lots that are new. */
export async function openPaidLots(deps: Deps, trx: Transaction, invoice: PaidInvoice): Promise<readonly string[]> {
  const packs = await packsOf(trx, invoice);
  if (await isGranted(trx, invoice, packs)) return [];
  const { now, book } = await loadBook(trx, invoice.customer, deps.settings);
  if (book === undefined) return [];
  const moment = { now, newId: deps.newId };
  // What the new credits may pay depends on which periods run and which are over.
  catchUp(book, moment);
  const before = watch([book], now);
  const periodIds = book.periods.map(({ billingPeriodId }) => billingPeriodId);
  const packIds = packs.map(({ sourceId }) => sourceId);
  const [allowances, sold, isBack] = await Promise.all([
    openedSources(trx, invoice.customer, 'billing_period', periodIds),
    openedSources(trx, invoice.customer, 'invoice_line', packIds),
    isMoneyBack(trx, invoice.customer, invoice.invoiceId),
  ]);
  const opened = [
    ...openSignUpLot(book, invoice, allowances, moment),
    ...packs.filter(({ sourceId }) => !sold.has(sourceId)).map((pack) => openPackLot(book, invoice, pack, moment)),
  ];
  await saveWatched(trx, book, before, moment);
  // A note on the open invoice was paid back before there was a lot.
  if (isBack && opened.length > 0) await clawBackCredits(deps, trx, invoice.customer, invoice.invoiceId);
  return opened;
}

/** A look without locks: what has been opened once is never opened again. */
async function isGranted(trx: Transaction, invoice: PaidInvoice, packs: readonly SoldPack[]): Promise<boolean> {
  const { customer, subscriptionId, billingReason } = invoice;
  const sourceIds = packs.map(({ sourceId }) => sourceId);
  const sold = await openedSources(trx, customer, 'invoice_line', sourceIds);
  if (sourceIds.some((sourceId) => !sold.has(sourceId))) return false;
  if (billingReason !== 'subscription_create' || subscriptionId === null) return true;
  return hasFirstAllowance(trx, customer, subscriptionId);
}

type Line = PaidInvoice['lines'][number];

interface SoldPack {
  readonly line: Line;
  readonly pack: PackVersion;
  readonly sourceId: string;
}

async function packsOf(trx: Transaction, { invoiceId, lines }: PaidInvoice): Promise<readonly SoldPack[]> {
  const packs: SoldPack[] = [];
  for (const line of lines) {
    if (line.kind !== 'pack' || line.priceId === null) continue;
    const pack = await packVersionOfPrice(trx, line.priceId);
    if (pack !== null) packs.push({ line, pack, sourceId: `${invoiceId}/${line.lineId}` });
  }
  return packs;
}

function openSignUpLot(
  book: PoolBook,
  invoice: PaidInvoice,
  allowances: ReadonlySet<string>,
  moment: Moment,
): readonly string[] {
  const { subscription } = book;
  if (invoice.billingReason !== 'subscription_create' || subscription?.subscriptionId !== invoice.subscriptionId)
    return [];
  const first = book.periods.find(({ subscriptionId }) => subscriptionId === subscription?.subscriptionId);
  if (subscription === null || first === undefined || first.isTrial || allowances.has(first.billingPeriodId)) return [];
  const lot = openIncludedLot(book, subscription, first, invoice.paidAt, moment);
  return lot === null ? [] : [lot.lotId];
}

function openPackLot(book: PoolBook, invoice: PaidInvoice, { line, pack, sourceId }: SoldPack, moment: Moment): string {
  const perPack = parseCredits(pack.content.credits);
  if (perPack === null) throw new Error(`pack ${pack.pack}: ${pack.content.credits} is not an amount of credits`);
  const days = pack.content.expiresAfterDays;
  const lot = openLot(
    book,
    {
      source: 'purchased',
      category: 'paid',
      priority: 50,
      effectiveAt: invoice.paidAt,
      expiresAt: days === null ? null : new Date(invoice.paidAt.getTime() + days * 86_400_000),
      features: null,
      billingPeriodId: null,
      granted: perPack * line.quantity,
      paidMinor: line.paidMinor,
      paidCurrency: invoice.currency,
      grantCurrency: book.terms?.currency ?? invoice.currency,
      originLotId: null,
      sourceType: 'invoice_line',
      sourceId,
    },
    { actor: 'stripe', reason: `pack ${pack.pack}`, stripe: { invoice: invoice.invoiceId, line: line.lineId } },
    moment,
  );
  return lot.lotId;
}
