// A Stripe invoice as it was fetched, with all its lines and payments. Money is in minor units of its currency.

export const LINE_KINDS = ['base', 'usage', 'pack', 'correction', 'rounding', 'other'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

export interface InvoiceLine {
  readonly lineId: string;
  readonly kind: LineKind;
  readonly priceId: string | null;
  readonly description: string | null;
  readonly quantity: string | null;
  /** Before discounts and credits; includes inclusive tax, not exclusive tax. */
  readonly amountMinor: bigint;
  readonly discountsMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  /** Both kinds of tax. */
  readonly taxMinor: bigint;
  readonly inclusiveTaxMinor: bigint;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly metadata: Readonly<Record<string, string>>;
  /** All of it as it came, JSON text. */
  readonly object: string;
}

export interface InvoicePayment {
  readonly invoicePaymentId: string;
  readonly status: string;
  /** What paid it: a charge, a payment intent, or a record of money that came by another way. */
  readonly type: string;
  readonly amountPaidMinor: bigint;
  readonly currency: string;
  readonly paidAt: Date | null;
  /** All of it as it came, JSON text. */
  readonly object: string;
}

export interface Invoice {
  readonly invoiceId: string;
  readonly stripeCustomerId: string;
  readonly number: string | null;
  readonly subscriptionId: string | null;
  readonly billingReason: string | null;
  readonly status: string;
  readonly currency: string;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly subtotalMinor: bigint;
  readonly discountsMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  readonly taxMinor: bigint;
  readonly totalMinor: bigint;
  /** Customer balance before and after finalization; negative is the customer's credit. */
  readonly startingBalanceMinor: bigint;
  readonly endingBalanceMinor: bigint | null;
  readonly amountDueMinor: bigint;
  readonly amountPaidMinor: bigint;
  readonly amountRemainingMinor: bigint;
  readonly amountOverpaidMinor: bigint;
  /** What credit notes took off before it was paid: already subtracted from the amount due. */
  readonly preNotesMinor: bigint;
  readonly hasAutomaticTax: boolean;
  readonly createdAt: Date;
  readonly finalizedAt: Date | null;
  readonly paidAt: Date | null;
  readonly voidedAt: Date | null;
  readonly uncollectibleAt: Date | null;
  readonly lines: readonly InvoiceLine[];
  readonly payments: readonly InvoicePayment[];
  /** All of it as it came, JSON text. */
  readonly object: string;
}

type LineAmounts = Pick<InvoiceLine, 'amountMinor' | 'discountsMinor' | 'creditsAppliedMinor' | 'inclusiveTaxMinor'>;

/** What a line asks in money, without tax: its amount after discounts, credits and inclusive tax. */
export function lineNet(line: LineAmounts): bigint {
  return line.amountMinor - line.discountsMinor - line.creditsAppliedMinor - line.inclusiveTaxMinor;
}

/** What a line asks in money, with tax. */
export function lineTotal(line: LineAmounts & Pick<InvoiceLine, 'taxMinor'>): bigint {
  return lineNet(line) + line.taxMinor;
}

/** One of the periods that an invoice bills: several where the price changed in the middle of a cycle. */
export interface PricedPeriod {
  readonly billingPeriodId: string;
  readonly meteredPriceId: string | null;
  readonly endsAt: Date;
}

/** Which prices' lines are a period's: its own; of the last one on the invoice also those that are no other period's. */
export function pricesOfPeriod(
  billingPeriodId: string,
  periods: readonly PricedPeriod[],
): { readonly billingPeriodId: string; readonly isOfPeriod: (priceId: string | null) => boolean } {
  const own = periods.find((period) => period.billingPeriodId === billingPeriodId);
  const others = periods.filter((period) => period.billingPeriodId !== billingPeriodId);
  const isLast = own !== undefined && others.every(({ endsAt }) => endsAt <= own.endsAt);
  return {
    billingPeriodId,
    isOfPeriod: (priceId) =>
      priceId === own?.meteredPriceId || (isLast && others.every(({ meteredPriceId }) => meteredPriceId !== priceId)),
  };
}

/**
 * What an invoice asks for the use of one of the periods that it bills: the lines of its prices, and the corrections that
 * name no other period.
 */
export function usageLinesOf<Line extends Pick<InvoiceLine, 'kind' | 'priceId' | 'metadata'>>(
  lines: readonly Line[],
  { billingPeriodId, isOfPeriod }: ReturnType<typeof pricesOfPeriod>,
): readonly Line[] {
  return lines.filter((line) =>
    line.kind === 'usage'
      ? isOfPeriod(line.priceId)
      : line.kind === 'correction' && !namesOther(line.metadata['creditpool_key'], billingPeriodId),
  );
}

/** The key of a correction says which period it is of; one by a person says nothing. */
export function namesOther(key: string | null | undefined, billingPeriodId: string): boolean {
  return key != null && key.startsWith('correction/') && !key.startsWith(`correction/${billingPeriodId}`);
}

/** Usage and the corrections of usage end on the same accounts. */
export function isUsage(line: Pick<InvoiceLine, 'kind'>): boolean {
  return line.kind === 'usage' || line.kind === 'correction';
}
