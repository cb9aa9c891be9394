// Credits are integer micro-credits (1 credit = 1 000 000), money is integer minor units; both bigint, never number.
// Division happens here and nowhere else, by names that say which way it rounds.

export const MICRO_PER_CREDIT = 1_000_000n;

/** The largest amount that a bigint column holds. */
export const AMOUNT_MAX = 9_223_372_036_854_775_807n;

/** "12.5" → 12500000n micro-credits; null when it is not a plain decimal with at most six places, or does not fit. */
export function parseCredits(text: string): bigint | null {
  const match = /^(0|[1-9]\d{0,18})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return null;
  const micro = BigInt(match[1] ?? '0') * MICRO_PER_CREDIT + BigInt((match[2] ?? '').padEnd(6, '0'));
  return micro <= AMOUNT_MAX ? micro : null;
}

/** 12500000n → "12.5": the shortest exact decimal. */
export function formatCredits(micro: bigint): string {
  return formatScaled(micro, 6);
}

/** An integer of 10^-places units as its shortest exact decimal: (18798n, 2) → "187.98". */
export function formatScaled(value: bigint, places: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Money with all places of its currency, as other ledgers want it: (150n, 2) → "1.50". */
export function formatMinor(minor: bigint, places: number): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  return `${minor < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`;
}

/** A plain decimal such as "0.0035" as an exact fraction; null when it is anything else (signs and exponents included). */
export function parseFraction(text: string): Fraction | null {
  const match = /^(0|[1-9]\d{0,17})(?:\.(\d{1,12}))?$/.exec(text);
  if (match === null) return null;
  const places = match[2]?.length ?? 0;
  return { numerator: BigInt((match[1] ?? '0') + (match[2] ?? '')), denominator: 10n ** BigInt(places) };
}

export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Quotient towards minus infinity; the divisor is positive. */
export function dividedDown(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/** Quotient towards plus infinity; the divisor is positive. */
export function dividedUp(value: bigint, divisor: bigint): bigint {
  return -dividedDown(-value, divisor);
}

/** Quotient to the nearest integer, a half away from zero: Stripe's rounding of a line (docs: 0.05 × 30 = 1.5 → 2). */
export function dividedHalfUp(value: bigint, divisor: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  const rounded = (2n * magnitude + divisor) / (2n * divisor);
  return value < 0n ? -rounded : rounded;
}

export function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
