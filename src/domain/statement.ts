// What Stripe says of one customer, as far as it is compared: few facts per object, amounts in minor units.
import type { LineTax } from './line-tax.ts';

export interface GrantThere {
  readonly stripeGrantId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly category: string;
  readonly priority: number;
  /** Prices in scope; null for a scope that is no list of prices. */
  readonly priceIds: readonly string[] | null;
  readonly effectiveAt: Date;
  readonly expiresAt: Date | null;
  readonly voidedAt: Date | null;
  /** Our own key in its metadata; null for a grant by another hand. */
  readonly key: string | null;
}

export interface CreditMovementThere {
  readonly transactionId: string;
  readonly stripeGrantId: string;
  readonly type: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly invoiceLineId: string | null;
}

export interface InvoiceLineThere {
  readonly lineId: string;
  readonly priceId: string | null;
  readonly quantity: string | null;
  readonly amountMinor: bigint;
  readonly discountsMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  readonly taxMinor: bigint;
  readonly inclusiveTaxMinor: bigint;
  readonly taxes: readonly LineTax[];
  readonly isCorrection: boolean;
  /** Our own key in its metadata. */
  readonly key: string | null;
}

export interface PaymentThere {
  readonly invoicePaymentId: string;
  readonly status: string;
  readonly amountPaidMinor: bigint;
  /** What paid it, where that was Stripe. */
  readonly intentId: string | null;
}

export interface RefundThere {
  readonly refundId: string;
  readonly status: string;
  readonly amountMinor: bigint;
  readonly currency: string;
}

export interface DisputeThere {
  readonly disputeId: string;
  readonly status: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What left and came back, in Stripe's sign. */
  readonly movedMinor: bigint;
  readonly feeMinor: bigint;
}

export interface InvoiceThere {
  readonly invoiceId: string;
  readonly status: string;
  readonly currency: string;
  readonly subtotalMinor: bigint;
  readonly discountsMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  readonly taxMinor: bigint;
  readonly totalMinor: bigint;
  readonly startingBalanceMinor: bigint;
  /** null until finalized. */
  readonly endingBalanceMinor: bigint | null;
  readonly amountDueMinor: bigint;
  readonly amountPaidMinor: bigint;
  readonly amountRemainingMinor: bigint;
  readonly preNotesMinor: bigint;
  readonly hasAutomaticTax: boolean;
  readonly lines: readonly InvoiceLineThere[];
  readonly payments: readonly PaymentThere[];
}

export interface CreditNoteThere {
  readonly creditNoteId: string;
  readonly invoiceId: string;
  readonly status: string;
  readonly currency: string;
  readonly totalMinor: bigint;
  readonly prePaymentMinor: bigint;
  readonly postPaymentMinor: bigint;
  readonly key: string | null;
}

export interface BalanceMovementThere {
  readonly transactionId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
}

export interface CustomerThere {
  /** Negative is the customer's credit. */
  readonly balanceMinor: bigint;
  readonly currency: string | null;
}
