import { itemsTaxedOtherwise } from '../domain/line-tax.ts';
import { sum } from '../domain/money-postings.ts';
import type { Transaction } from '../storage/database.ts';
import { enqueue } from '../storage/outbox.ts';
import { findSettlement } from '../storage/settlement-decisions.ts';
import type { Settlement } from '../storage/settlements.ts';
import type { DraftLine, InvoiceDraft } from '../stripe/invoice-drafts.ts';
import { type ItemTax, taxOfDraftUsage } from '../stripe/usage-tax.ts';
import type { Deps } from './deps.ts';
import { readDraftUsage } from './draft-usage.ts';

/** The key of the message, and on the draft's line. */
export function correctionKey({ billingPeriodId }: { readonly billingPeriodId: string }): string {
  return `correction/${billingPeriodId}`;
}

/** Of the item that is set before a draft's event is acknowledged. */
export function provisionalKey(period: { readonly billingPeriodId: string }): string {
  return `${correctionKey(period)}/provisional`;
}

/** What our items on the draft come to. */
export function standingCorrection(
  period: { readonly billingPeriodId: string },
  draft: Pick<InvoiceDraft, 'lines'>,
): bigint {
  return sum(standingItems(period, draft).map(({ amountMinor }) => amountMinor));
}

/**
 * What is wrong with the tax of our items on the draft, in a sentence; null when it is that of the usage, or when a person
 * has said that the draft goes out as it is.
 */
export async function taxDifference(deps: Deps, settlement: Settlement, draft: InvoiceDraft): Promise<string | null> {
  const corrected = await correctedPrice(deps, settlement, draft);
  const usage = draft.lines.find(({ priceId, isProration }) => priceId === corrected && !isProration);
  const [wrong] = usage === undefined ? [] : itemsTaxedOtherwise(usage, standingItems(settlement, draft), draft);
  if (wrong === undefined) return null;
  if ((await findSettlement(deps.db, settlement.billingPeriodId))?.decision === 'accept') return null;
  const { item, itemTaxes, usageTaxes } = wrong;
  return `the correction of ${item.amountMinor} is taxed by ${itemTaxes}, the usage by ${usageTaxes}`;
}

function standingItems(
  period: { readonly billingPeriodId: string },
  { lines }: Pick<InvoiceDraft, 'lines'>,
): readonly DraftLine[] {
  const keys: readonly (string | null)[] = [correctionKey(period), provisionalKey(period)];
  return lines.filter(({ creditpoolKey }) => keys.includes(creditpoolKey));
}

/** One item on a draft: it may be negative, no coupon touches it, nor do credits, and it is taxed as the usage is. */
export interface CorrectionItem {
  readonly amount: bigint;
  readonly currency: string;
  readonly tax: ItemTax;
}

/** Reads how the usage is taxed; null for a correction of nothing. */
export async function correctionItem(
  deps: Deps,
  settlement: Settlement,
  draft: InvoiceDraft,
  amount: bigint,
): Promise<CorrectionItem | null> {
  if (amount === 0n) return null;
  const corrected = await correctedPrice(deps, settlement, draft);
  return { amount, currency: draft.currency, tax: await taxOfDraftUsage(deps.stripe, draft, corrected) };
}

/** The price of the usage that an item corrects: another hand's where the draft asks by it. */
async function correctedPrice(deps: Deps, settlement: Settlement, draft: InvoiceDraft): Promise<string> {
  const { others, meteredPriceId } = await readDraftUsage(deps, settlement, draft);
  return others.find(({ amountMinor }) => amountMinor !== 0n)?.priceId ?? meteredPriceId;
}

/** Puts an item on its way to the draft. */
export async function enqueueCorrection(
  trx: Transaction,
  settlement: Settlement,
  item: CorrectionItem | null,
  key = correctionKey(settlement),
): Promise<void> {
  if (item === null) return;
  await enqueue(trx, settlement, {
    queue: 'documents',
    call: 'invoice_item.create',
    subjectId: settlement.invoiceId,
    request: {
      customer: settlement.stripeCustomerId,
      invoice: settlement.invoiceId,
      amount: Number(item.amount),
      currency: item.currency,
      discountable: false,
      description: 'Correction of credits applied',
      period: { start: seconds(settlement.startsAt), end: seconds(settlement.endsAt) },
      metadata: { creditpool: 'correction' },
      ...item.tax,
    },
    key,
    billingPeriodId: settlement.billingPeriodId,
  });
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
