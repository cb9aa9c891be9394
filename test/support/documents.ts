// Stripe's documents as facts, for tests of pure rules.
import type { CreditNote, CreditNoteLine } from '../../src/domain/credit-note.ts';
import type { Invoice, InvoiceLine, InvoicePayment } from '../../src/domain/invoice.ts';

export const FINALIZED = new Date('2026-05-01T01:00:00Z');

export function line(kind: InvoiceLine['kind'], amountMinor: bigint, more: Partial<InvoiceLine> = {}): InvoiceLine {
  return {
    lineId: `il_${kind}`,
    kind,
    priceId: `price_${kind}`,
    description: kind,
    quantity: '1',
    amountMinor,
    discountsMinor: 0n,
    creditsAppliedMinor: 0n,
    taxMinor: 0n,
    inclusiveTaxMinor: 0n,
    periodStart: new Date('2026-05-01T00:00:00Z'),
    periodEnd: new Date('2026-06-01T00:00:00Z'),
    metadata: {},
    object: '{}',
    ...more,
  };
}

export function payment(amountPaidMinor: bigint, more: Partial<InvoicePayment> = {}): InvoicePayment {
  return {
    invoicePaymentId: 'inpay_1',
    status: 'paid',
    type: 'payment_intent',
    amountPaidMinor,
    currency: 'usd',
    paidAt: FINALIZED,
    object: '{}',
    ...more,
  };
}

/** A finalized invoice of these lines; its total is theirs unless it says otherwise. */
export function invoice(lines: readonly InvoiceLine[], more: Partial<Invoice> = {}): Invoice {
  const total = lines.reduce(
    (all, one) =>
      all + one.amountMinor - one.discountsMinor - one.creditsAppliedMinor + one.taxMinor - one.inclusiveTaxMinor,
    0n,
  );
  return {
    invoiceId: 'in_1',
    stripeCustomerId: 'cus_1',
    number: 'A-0001',
    subscriptionId: 'sub_1',
    billingReason: 'subscription_cycle',
    status: 'open',
    currency: 'usd',
    periodStart: new Date('2026-04-01T00:00:00Z'),
    periodEnd: new Date('2026-05-01T00:00:00Z'),
    subtotalMinor: total,
    discountsMinor: 0n,
    creditsAppliedMinor: 0n,
    taxMinor: 0n,
    totalMinor: total,
    startingBalanceMinor: 0n,
    endingBalanceMinor: 0n,
    amountDueMinor: total,
    amountPaidMinor: 0n,
    amountRemainingMinor: total,
    amountOverpaidMinor: 0n,
    preNotesMinor: 0n,
    hasAutomaticTax: false,
    createdAt: FINALIZED,
    finalizedAt: FINALIZED,
    paidAt: null,
    voidedAt: null,
    uncollectibleAt: null,
    lines,
    payments: [],
    object: '{}',
    ...more,
  };
}

export function noteLine(
  invoiceLineId: string | null,
  amountMinor: bigint,
  more: Partial<CreditNoteLine> = {},
): CreditNoteLine {
  return {
    lineId: `cnli_${invoiceLineId}`,
    invoiceLineId,
    description: null,
    amountMinor,
    discountMinor: 0n,
    creditsMinor: 0n,
    taxMinor: 0n,
    inclusiveTaxMinor: 0n,
    ...more,
  };
}

/** An issued note of these lines; its total is theirs unless it says otherwise, all of it on the open part. */
export function note(lines: readonly CreditNoteLine[], more: Partial<CreditNote> = {}): CreditNote {
  const total = lines.reduce(
    (all, one) => all + one.amountMinor - one.discountMinor - one.creditsMinor + one.taxMinor - one.inclusiveTaxMinor,
    0n,
  );
  return {
    creditNoteId: 'cn_1',
    invoiceId: 'in_1',
    stripeCustomerId: 'cus_1',
    number: 'A-0001-CN-01',
    status: 'issued',
    reason: null,
    currency: 'usd',
    totalMinor: total,
    prePaymentMinor: total,
    postPaymentMinor: 0n,
    refundMinor: 0n,
    customerBalanceMinor: 0n,
    outOfBandMinor: 0n,
    createdAt: FINALIZED,
    voidedAt: null,
    metadata: {},
    lines,
    object: '{}',
    ...more,
  };
}
