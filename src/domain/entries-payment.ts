// The accounting manual's pages on money that comes and goes. Cash is the Stripe balance, gross of fees.
import type { Draft } from './entries-invoice.ts';
import type { Invoice, InvoicePayment } from './invoice.ts';
import { moved, STRIPE, sum } from './money-postings.ts';

/** A payment arrived; part of an invoice, or all of it. What came by another way than Stripe waits to be cleared. */
export function paymentReceived(invoice: Invoice, payment: InvoicePayment): Draft | null {
  if (payment.status !== 'paid' || payment.paidAt === null || payment.amountPaidMinor === 0n) return null;
  const to = payment.type === 'payment_record' ? 'out_of_band_clearing' : 'cash';
  return {
    kind: 'invoice_payment.paid',
    effectiveAt: payment.paidAt,
    actor: STRIPE,
    sourceType: 'stripe_invoice_payment',
    sourceId: payment.invoicePaymentId,
    stripe: { invoice: invoice.invoiceId, invoice_payment: payment.invoicePaymentId },
    postings: moved('receivable', to, payment.amountPaidMinor, payment.currency),
  };
}

/** Somebody declared the invoice paid outside of Stripe: what no payment explains. */
export function paidOutOfBand(invoice: Invoice): Draft | null {
  const { paidAt, currency, invoiceId } = invoice;
  const paid = sum(invoice.payments.filter(({ status }) => status === 'paid').map((one) => one.amountPaidMinor));
  const unexplained = invoice.amountPaidMinor - paid;
  if (paidAt === null || unexplained <= 0n) return null;
  return {
    kind: 'invoice.paid_out_of_band',
    effectiveAt: paidAt,
    actor: STRIPE,
    sourceType: 'stripe_invoice',
    sourceId: invoiceId,
    stripe: { invoice: invoiceId },
    postings: moved('receivable', 'out_of_band_clearing', unexplained, currency),
  };
}

/** More was paid than was due: the rest is the customer's. */
export function invoiceOverpaid(invoice: Invoice): Draft | null {
  const { paidAt, amountOverpaidMinor, currency, invoiceId } = invoice;
  if (paidAt === null || amountOverpaidMinor === 0n) return null;
  return {
    kind: 'invoice.overpaid',
    effectiveAt: paidAt,
    actor: STRIPE,
    sourceType: 'stripe_invoice',
    sourceId: invoiceId,
    stripe: { invoice: invoiceId },
    postings: moved('customer_balance', 'receivable', amountOverpaidMinor, currency),
  };
}

export interface RefundFacts {
  readonly refundId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** The money left. A refund without a credit note leaves its clearing account open, for somebody to see. */
export function refundSucceeded({ refundId, amountMinor, currency }: RefundFacts, at: Date): Draft {
  return {
    kind: 'refund.succeeded',
    effectiveAt: at,
    actor: STRIPE,
    sourceType: 'stripe_refund',
    sourceId: refundId,
    stripe: { refund: refundId },
    postings: moved('cash', 'refund_clearing', amountMinor, currency),
  };
}

/** It came back: the customer is owed it still. */
export function refundFailed({ refundId, amountMinor, currency }: RefundFacts, at: Date): Draft {
  return {
    kind: 'refund.failed',
    effectiveAt: at,
    actor: STRIPE,
    sourceType: 'stripe_refund',
    sourceId: refundId,
    stripe: { refund: refundId },
    postings: moved('refund_clearing', 'cash', amountMinor, currency),
  };
}

export interface BalanceAdjustment {
  readonly transactionId: string;
  readonly type: string;
  /** Negative gives the customer credit. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly createdAt: Date;
}

/** A hand changed the customer balance, by no document: what it gave is a cost until somebody says what it was for. */
export function balanceAdjusted(adjustment: BalanceAdjustment): Draft {
  const { transactionId, type, amountMinor, currency, createdAt } = adjustment;
  return {
    kind: 'customer_balance.adjusted',
    effectiveAt: createdAt,
    actor: STRIPE,
    reason: type,
    sourceType: 'stripe_balance_transaction',
    sourceId: transactionId,
    stripe: { balance_transaction: transactionId },
    postings: moved('balance_adjustments', 'customer_balance', amountMinor, currency),
  };
}
