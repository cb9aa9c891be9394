// What a provider asks for one use is far below a minor unit: 0.15 dollars for a million tokens. Such costs are integers
// of nano-units of the currency's major unit (1 USD is 1 000 000 000, also 1 JPY), and are rounded once, a half up.
import { AMOUNT_MAX, dividedHalfUp, formatScaled, parseFraction } from './amount.ts';
import { minorPlaces } from './currency.ts';

const NANO_PLACES = 9;
export const NANO_PER_MAJOR = 10n ** BigInt(NANO_PLACES);

/** "0.000150" → 150000n; null when it is no plain decimal with at most twelve places, or does not fit. */
export function parseNano(text: string): bigint | null {
  const read = parseFraction(text);
  if (read === null) return null;
  const nano = dividedHalfUp(read.numerator * NANO_PER_MAJOR, read.denominator);
  return nano <= AMOUNT_MAX ? nano : null;
}

/** 150000n → "0.00015": the shortest exact decimal of major units. */
export function formatNano(nano: bigint): string {
  return formatScaled(nano, NANO_PLACES);
}

/** Nano-units in one minor unit of a currency. Throws for a currency that Stripe does not know. */
export function nanoPerMinor(currency: string): bigint {
  const places = minorPlaces(currency);
  if (places === null) throw new Error(`${currency} is not a currency that Stripe knows`);
  return 10n ** BigInt(NANO_PLACES - places);
}

/** Minor units of a sum of nano-units, a half away from zero: for people to read. */
export function minorOfNano(nano: bigint, currency: string): bigint {
  return dividedHalfUp(nano, nanoPerMinor(currency));
}
