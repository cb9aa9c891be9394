// Stripe bills whole units of a meter at a decimal price of at most twelve places, in minor units.
import { MICRO_PER_CREDIT, formatScaled, parseFraction } from './amount.ts';
import { METER_UNIT_MICRO } from './catalogue.ts';
import type { CreditUnit } from './catalogue.ts';
import { minorPlaces } from './currency.ts';

const PRICE_PLACES_MAX = 12;
const SCALE = 10n ** BigInt(PRICE_PLACES_MAX);

export interface CreditPrice {
  /** Major units of currency per credit, a plain decimal. */
  readonly pricePerCredit: string;
  readonly currency: string;
  readonly meterUnit: CreditUnit['meterUnit'];
}

/**
 * What one unit of the meter costs in 10⁻¹² minor units: $0.01 a credit is 0.001 cent a milli-credit, 1 000 000 000n.
 * 'inexact' when twelve places do not hold it, null when price or currency cannot be read.
 */
export function meterUnitPrice(price: CreditPrice): bigint | 'inexact' | null {
  const perCredit = parseFraction(price.pricePerCredit);
  const places = minorPlaces(price.currency);
  if (perCredit === null || places === null) return null;
  const scaled = perCredit.numerator * 10n ** BigInt(places) * METER_UNIT_MICRO[price.meterUnit] * SCALE;
  const divisor = perCredit.denominator * MICRO_PER_CREDIT;
  return scaled % divisor === 0n ? scaled / divisor : 'inexact';
}

/** The price of one meter unit as Stripe takes it, `unit_amount_decimal`: "0.001". The linter has read the plan. */
export function meterUnitAmountDecimal(price: CreditPrice): string {
  const scaled = meterUnitPrice(price);
  if (typeof scaled !== 'bigint') throw new Error(`no exact meter price for ${price.pricePerCredit} ${price.currency}`);
  return formatScaled(scaled, PRICE_PLACES_MAX);
}

/** Dearer than one minor unit a meter unit: the largest step in which a bill would jump. */
export function exceedsOneMinorUnit(scaledPrice: bigint): boolean {
  return scaledPrice > SCALE;
}
