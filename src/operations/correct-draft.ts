import type { Transaction } from '../storage/database.ts';
import { enqueue } from '../storage/outbox.ts';
import type { Settlement } from '../storage/settlements.ts';
import type { InvoiceDraft } from '../stripe/invoice-drafts.ts';

/** The key of the message, and on the draft's line. */
export function correctionKey({ billingPeriodId }: { readonly billingPeriodId: string }): string {
  return `correction/${billingPeriodId}`;
}

/** One item on the draft: it may be negative, no coupon touches it, and the credits that apply do not either. */
export async function enqueueCorrection(
  trx: Transaction,
  settlement: Settlement,
  draft: InvoiceDraft,
  amount: bigint,
): Promise<void> {
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
    key: correctionKey(settlement),
    billingPeriodId: settlement.billingPeriodId,
  });
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
