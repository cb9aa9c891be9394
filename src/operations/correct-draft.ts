import { sum } from '../domain/money-postings.ts';
import type { Transaction } from '../storage/database.ts';
import { enqueue } from '../storage/outbox.ts';
import type { Settlement } from '../storage/settlements.ts';
import type { InvoiceDraft } from '../stripe/invoice-drafts.ts';

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
  { lines }: Pick<InvoiceDraft, 'lines'>,
): bigint {
  const keys: readonly (string | null)[] = [correctionKey(period), provisionalKey(period)];
  return sum(lines.filter(({ creditpoolKey }) => keys.includes(creditpoolKey)).map(({ amountMinor }) => amountMinor));
}

/** One item on the draft, or none for nothing: it may be negative, no coupon touches it, and the credits that apply do not either. */
export async function enqueueCorrection(
  trx: Transaction,
  settlement: Settlement,
  draft: InvoiceDraft,
  amount: bigint,
  key = correctionKey(settlement),
): Promise<void> {
  if (amount === 0n) return;
  await enqueue(trx, settlement, {
    queue: 'documents',
    call: 'invoice_item.create',
    subjectId: settlement.invoiceId,
    request: {
      customer: settlement.stripeCustomerId,
      invoice: settlement.invoiceId,
      amount: Number(amount),
      currency: draft.currency,
      discountable: false,
      description: 'Correction of credits applied',
      period: { start: seconds(settlement.startsAt), end: seconds(settlement.endsAt) },
      metadata: { creditpool: 'correction' },
    },
    key,
    billingPeriodId: settlement.billingPeriodId,
  });
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
