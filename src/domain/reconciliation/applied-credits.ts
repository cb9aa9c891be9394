// What final cycle invoices took of the credits, and asked for usage, against what the ledger says of the period.
import { dividedDown } from '../amount.ts';
import { type CreditPrice, worthHalfUp, worthUp } from '../credit-price.ts';
import { namesOther } from '../invoice.ts';
import { amountDiffers, type Comparison, type Difference, joined } from '../reconciliation.ts';
import type { InvoiceLineThere, InvoiceThere } from '../statement.ts';

export interface BilledPeriod {
  readonly billingPeriodId: string;
  readonly invoiceId: string;
  readonly price: CreditPrice;
  readonly meteredPriceId: string;
  /** Other prices that bill the meter, whose lines are the period's too: a hand at Stripe put them on the invoice. */
  readonly foreignPriceIds: ReadonlySet<string>;
  readonly meterUnitMicro: bigint;
  /** Whole meter units that Stripe accepted for the period. */
  readonly emittedUnits: bigint;
  /** What lots paid in the period until its invoice was settled. */
  readonly lotsPaidMicro: bigint;
  readonly overageMicro: bigint;
  /** What the settlement credited by a note because Stripe had asked more than was owed; without tax on top. */
  readonly excessCreditedMinor: bigint;
  /** Who let the draft go as it was, and why; null when nobody did. */
  readonly acceptedBecause: string | null;
  /** It ended because its price changed in the middle of a cycle. */
  readonly isSuperseded: boolean;
}

/** Credits taken on the usage lines of the period's invoice. */
export function compareAppliedCredits(period: BilledPeriod, invoice: InvoiceThere): Comparison {
  const usage = usageLines(period, invoice);
  const ours = worthUp(period.price, period.lotsPaidMicro);
  const theirs = usage.reduce((sum, line) => sum + line.creditsAppliedMinor, 0n);
  const amounts = { ours, theirs, unit: period.price.currency };
  const object = invoice.invoiceId;
  if (ours === theirs) return { compared: 1, differences: [] };
  // Each usage line is rounded half up, what lots paid and what is owed besides by themselves: together at most one unit a line.
  const isRounding = (rest: bigint): boolean => rest >= 0n && rest <= BigInt(usage.length);
  const correction = corrections(period, invoice);
  if (correction !== 0n && isRounding(ours - theirs + correction)) {
    const reason = `An item of ${correction} ${period.price.currency} on the invoice makes up for it.`;
    return { compared: 1, differences: [amountDiffers('credits_applied_shaped', object, amounts, reason)] };
  }
  const credited = period.excessCreditedMinor;
  if (credited > 0n && isRounding(ours - theirs - credited)) {
    const reason = `A credit note of ${credited} ${period.price.currency} makes up for it.`;
    return { compared: 1, differences: [amountDiffers('credits_applied_shaped', object, amounts, reason)] };
  }
  if (isRounding(ours - theirs)) {
    const reason = 'Grants are rounded up once, usage lines half up each.';
    return { compared: 1, differences: [amountDiffers('credits_applied_rounding', object, amounts, reason)] };
  }
  if (isMadeRight(period, invoice)) {
    return { compared: 1, differences: [amountDiffers('credits_applied_shaped', object, amounts, BILLED_OTHERWISE)] };
  }
  const reason = isCountedShort(period, invoice) ? COUNTED_SHORT : null;
  return { compared: 1, differences: [amountDiffers('credits_applied', object, amounts, reason)] };
}

/** Quantity and money of the usage lines: the sum emitted, and what the ledger says is owed. */
export function compareBilledUsage(period: BilledPeriod, invoice: InvoiceThere): Comparison {
  return joined([quantityBilled(period, invoice), usageOwed(period, invoice)]);
}

function quantityBilled(period: BilledPeriod, invoice: InvoiceThere): Comparison {
  const billed = usageLines(period, invoice).reduce((sum, line) => sum + wholeUnits(line.quantity), 0n);
  // A negative period total is billed as nothing.
  const emitted = period.emittedUnits > 0n ? period.emittedUnits : 0n;
  if (billed === emitted) return { compared: 1, differences: [] };
  const amounts = { ours: emitted, theirs: billed, unit: 'meter units' };
  const reason = isMadeRight(period, invoice)
    ? BILLED_OTHERWISE
    : isCountedShort(period, invoice)
      ? COUNTED_SHORT
      : null;
  return { compared: 1, differences: [amountDiffers('usage_quantity', invoice.invoiceId, amounts, reason)] };
}

const COUNTED_SHORT = 'Stripe changed the price before it had counted all of it; what it asks is what is owed.';

const BILLED_OTHERWISE = 'Usage was billed at another price, or by no line; what is asked in the end is what is owed.';

/** Not one line at the agreed price, but with the items and the note of ours the money is right, to a minor unit given away. */
function isMadeRight(period: BilledPeriod, invoice: InvoiceThere): boolean {
  const lines = usageLines(period, invoice);
  const isAsAgreed = lines.length > 0 && lines.every(({ priceId }) => priceId === period.meteredPriceId);
  const short = owed(period) - asked(period, invoice) - corrections(period, invoice) + period.excessCreditedMinor;
  return !isAsAgreed && (short === 0n || short === 1n);
}

/** The price changed while usage was on its way: Stripe bills what it had counted by then, and never the rest. */
function isCountedShort(period: BilledPeriod, invoice: InvoiceThere): boolean {
  return period.isSuperseded && asked(period, invoice) + corrections(period, invoice) === owed(period);
}

function owed({ price, emittedUnits, lotsPaidMicro, meterUnitMicro }: BilledPeriod): bigint {
  const overageUnits = emittedUnits - dividedDown(lotsPaidMicro, meterUnitMicro);
  return overageUnits <= 0n ? 0n : worthHalfUp(price, overageUnits * meterUnitMicro);
}

function asked(period: BilledPeriod, invoice: InvoiceThere): bigint {
  const lines = usageLines(period, invoice);
  return lines.reduce((sum, line) => sum + line.amountMinor - line.discountsMinor - line.creditsAppliedMinor, 0n);
}

/** Owed is the overage in whole meter units, as the settlement decides it; items that correct it count as usage. */
function usageOwed(period: BilledPeriod, invoice: InvoiceThere): Comparison {
  const ours = owed(period);
  const correction = corrections(period, invoice);
  const net = asked(period, invoice);
  const theirs = net + correction;
  const amounts = { ours, theirs, unit: period.price.currency };
  const differences: Difference[] = [];
  if (correction !== 0n) {
    const reason = `An item of ${correction} ${period.price.currency} was put on the draft before it was finalized.`;
    differences.push(
      amountDiffers(
        'invoice_corrected',
        invoice.invoiceId,
        { ...amounts, ours: net, theirs: net + correction },
        reason,
      ),
    );
  }
  if (ours === theirs) return { compared: 1, differences };
  const credited = period.excessCreditedMinor;
  if (credited > 0n && theirs - credited === ours) {
    const reason = `A credit note of ${credited} ${period.price.currency} gave the excess back at once.`;
    return {
      compared: 1,
      differences: [...differences, amountDiffers('invoice_excess_credited', invoice.invoiceId, amounts, reason)],
    };
  }
  if (period.acceptedBecause !== null && theirs < ours) {
    const gift = amountDiffers('invoice_gift_accepted', invoice.invoiceId, amounts, period.acceptedBecause);
    return { compared: 1, differences: [...differences, gift] };
  }
  if (ours - theirs === 1n) {
    const reason = 'One minor unit in the customer’s favour: grants are rounded up.';
    differences.push(amountDiffers('invoice_owed_rounding', invoice.invoiceId, amounts, reason));
  } else differences.push(amountDiffers('invoice_owed', invoice.invoiceId, amounts));
  return { compared: 1, differences };
}

function usageLines(
  { meteredPriceId, foreignPriceIds }: BilledPeriod,
  { lines }: InvoiceThere,
): readonly InvoiceLineThere[] {
  return lines.filter(
    ({ priceId, isCorrection }) =>
      priceId !== null && (priceId === meteredPriceId || foreignPriceIds.has(priceId)) && !isCorrection,
  );
}

function corrections({ billingPeriodId }: BilledPeriod, { lines }: InvoiceThere): bigint {
  const own = lines.filter(({ isCorrection, key }) => isCorrection && !namesOther(key, billingPeriodId));
  return own.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

/** Meter values are whole, so a fraction is none of ours and shows as a difference of one unit. */
function wholeUnits(quantity: string | null): bigint {
  const [whole = '0', fraction = ''] = (quantity ?? '0').split('.');
  return BigInt(whole) + (/[1-9]/.test(fraction) ? 1n : 0n);
}
