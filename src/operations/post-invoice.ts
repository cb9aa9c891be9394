import type { CustomerKey } from '../domain/customer.ts';
import { feeAllocated } from '../domain/entries-fee-share.ts';
import {
  balanceApplied,
  type Draft,
  invoiceFinalized,
  invoiceRecovered,
  invoiceUncollectible,
  invoiceVoided,
  nettedAway,
  usageNet,
} from '../domain/entries-invoice.ts';
import { invoiceOverpaid, paidOutOfBand, paymentReceived } from '../domain/entries-payment.ts';
import { overageBilled, type UnbilledPeriod, usageAccrued, usageSettled } from '../domain/entries-revenue.ts';
import { type Invoice, pricesOfPeriod, type PricedPeriod, usageLinesOf } from '../domain/invoice.ts';
import {
  type BilledPeriod,
  linkPeriods,
  lockPeriodsOfInvoice,
  markPeriodFinal,
  overageOf,
} from '../storage/billed-periods.ts';
import { now } from '../storage/clock.ts';
import type { Transaction } from '../storage/database.ts';
import { entryExists } from '../storage/journal.ts';
import { markBilledAfterAll } from '../storage/never-billed.ts';
import { requestTrueUp } from '../storage/outbox.ts';
import { planVersion } from '../storage/plans.ts';
import { postedForInvoice, unbilledPeriods } from '../storage/revenue.ts';
import { noteFinal } from '../storage/settlements.ts';
import { sharedFees } from '../storage/shared-fees.ts';
import type { Deps } from './deps.ts';
import { endVoidedCredits } from './end-voided-credits.ts';
import { postOnce } from './post-money.ts';
import { accruable } from './recognise-customer.ts';

/** Everything that belongs to a period that was cut off is in it, whenever it was recorded. */
export const ALL_TIME = new Date('9000-01-01T00:00:00Z');

/**
 * Brings the books to where an invoice is: each of Stripe's transitions once, in their order, also those that nobody
 * told us about. The caller holds the customer's lock and has just mirrored the invoice.
 */
export async function postInvoice(deps: Deps, trx: Transaction, key: CustomerKey, invoice: Invoice): Promise<void> {
  const { invoiceId, subscriptionId, finalizedAt } = invoice;
  // A sign-up bills no period: what it asks for is what begins with it.
  const isSignUp = invoice.billingReason === 'subscription_create';
  const spans = invoice.lines.filter(({ kind }) => kind === 'usage');
  const feeIds = invoice.lines.filter(({ kind }) => kind === 'base').map(({ lineId }) => lineId);
  const isBilling = subscriptionId !== null && !isSignUp && invoice.status !== 'void';
  // Sent together, run in order.
  const [, shared, periods] = await Promise.all([
    isBilling ? linkPeriods(trx, key, { invoiceId, subscriptionId, spans }) : undefined,
    finalizedAt === null || feeIds.length === 0 ? [] : sharedFees(trx, key, { through: finalizedAt, lineIds: feeIds }),
    finalizedAt === null || isSignUp ? [] : lockPeriodsOfInvoice(trx, key, invoiceId),
  ]);
  if (finalizedAt === null) return;
  const ending = periods.filter(({ state, isNeverBilled }) => state === 'cut_off' || isNeverBilled);
  const priced = await Promise.all(periods.map((period) => withPrice(trx, period)));
  const drafts: Draft[] = [];
  for (const period of ending)
    drafts.push(...(await draftsOfPeriod(trx, key, { period, priced, invoice, finalizedAt })));
  const [entryId] = await postOnce(deps, trx, key, [
    invoiceFinalized(invoice),
    ...shared.map((fee) => feeAllocated(fee, finalizedAt, 'finalized')),
    balanceApplied(invoice),
    invoiceUncollectible(invoice),
    invoiceRecovered(invoice),
    ...invoice.payments.map((payment) => paymentReceived(invoice, payment)),
    paidOutOfBand(invoice),
    invoiceOverpaid(invoice),
    ...drafts,
  ]);
  const causeEntryId = entryId ?? deps.newId();
  for (const period of ending) await endPeriod(trx, key, { period, invoiceId, finalizedAt, causeEntryId });
  if (invoice.voidedAt !== null) await undoInvoice(deps, trx, key, { invoice, periods, voidedAt: invoice.voidedAt });
}

/**
 * The last usage is accrued, the period's overage is billed, what Stripe asked otherwise is named. Of one that was given up
 * because nobody would bill it nothing is accrued any more: what is asked is usage revenue now.
 */
async function draftsOfPeriod(
  trx: Transaction,
  key: CustomerKey,
  {
    period,
    priced,
    invoice,
    finalizedAt,
  }: { period: BilledPeriod; priced: readonly PricedPeriod[]; invoice: Invoice; finalizedAt: Date },
): Promise<readonly Draft[]> {
  const { billingPeriodId, unit, isNeverBilled } = period;
  const { invoiceId, currency } = invoice;
  const accrual = isNeverBilled ? null : await accrualOf(trx, key, billingPeriodId);
  const usage = usageLinesOf(invoice.lines, pricesOfPeriod(billingPeriodId, priced));
  const standing = isNeverBilled ? 'written_off' : 'overage';
  const pools = await overageOf(trx, key, billingPeriodId, standing);
  const drafts = [
    accrual === null ? null : usageAccrued(accrual, period.endsAt, invoiceId),
    overageBilled({ billingPeriodId, unit, pools, invoiceId, finalizedAt, standing }),
    usageSettled({
      billingPeriodId,
      invoiceId,
      currency,
      accruedMinor: accrual?.worthMinor ?? 0n,
      invoicedMinor: usageNet(usage),
      discountsMinor: nettedAway(usage).discounts,
      lines: usage.length,
      finalizedAt,
    }),
  ];
  return drafts.filter((draft) => draft !== null);
}

async function withPrice(
  trx: Transaction,
  { billingPeriodId, planVersionId, endsAt }: BilledPeriod,
): Promise<PricedPeriod> {
  const { stripeMeteredPriceId: meteredPriceId } = await planVersion(trx, planVersionId);
  return { billingPeriodId, meteredPriceId, endsAt };
}

async function accrualOf(trx: Transaction, key: CustomerKey, billingPeriodId: string): Promise<UnbilledPeriod> {
  const [unbilled] = await unbilledPeriods(trx, key, { through: ALL_TIME, billingPeriodIds: [billingPeriodId] });
  if (unbilled === undefined) throw new Error(`billing period ${billingPeriodId} has an invoice but cannot be accrued`);
  return accruable(trx, unbilled);
}

/** What is billed is final, and grants may be made to fit again. */
async function endPeriod(
  trx: Transaction,
  key: CustomerKey,
  {
    period: { billingPeriodId, poolId, isNeverBilled },
    invoiceId,
    finalizedAt,
    causeEntryId,
  }: { period: BilledPeriod; invoiceId: string; finalizedAt: Date; causeEntryId: string },
): Promise<void> {
  const instant = await now(trx);
  // Sent together, run in order.
  await Promise.all([
    isNeverBilled ? markBilledAfterAll(trx, key, billingPeriodId) : markPeriodFinal(trx, key, billingPeriodId),
    noteFinal(trx, { ...key, billingPeriodId }, { invoiceId, finalizedAt }),
    requestTrueUp(trx, key, { poolId, causeEntryId, now: instant }),
  ]);
}

async function undoInvoice(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  { invoice, periods, voidedAt }: { invoice: Invoice; periods: readonly BilledPeriod[]; voidedAt: Date },
): Promise<void> {
  const { invoiceId } = invoice;
  if (await entryExists(trx, key, 'stripe_invoice', invoiceId, 'invoice.voided')) return;
  const billingPeriodIds = periods.filter(({ state }) => state !== 'open').map((period) => period.billingPeriodId);
  const posted = await postedForInvoice(trx, key, { invoiceId, billingPeriodIds });
  const [entryId] = await postOnce(deps, trx, key, [invoiceVoided(invoice, posted)]);
  await endVoidedCredits(deps, trx, key, { invoiceId, voidedAt });
  const instant = await now(trx);
  for (const { poolId } of periods) {
    await requestTrueUp(trx, key, { poolId, causeEntryId: entryId ?? deps.newId(), now: instant });
  }
}
