const PLACES = 12;
const SCALE = 10n ** BigInt(PLACES);

/** A decimal text as an integer count of 10⁻¹². */
export function toScaled(decimal: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(decimal);
  if (match === null) throw new Error(`not a decimal of at most ${PLACES} places: ${decimal}`);
  const [, sign = '', whole = '0', fraction = ''] = match;
  const magnitude = BigInt(whole) * SCALE + BigInt(fraction.padEnd(PLACES, '0'));
  return sign === '-' ? -magnitude : magnitude;
}

/** The shortest decimal text of a count of 10⁻¹². */
export function fromScaled(scaled: bigint): string {
  const magnitude = scaled < 0n ? -scaled : scaled;
  const fraction = (magnitude % SCALE).toString().padStart(PLACES, '0').replace(/0+$/, '');
  const text = `${magnitude / SCALE}${fraction === '' ? '' : `.${fraction}`}`;
  return scaled < 0n ? `-${text}` : text;
}

/** The integer part of a count of 10⁻¹², towards zero. */
export function truncated(scaled: bigint): number {
  return Number(scaled / SCALE);
}

/** Where a negative half goes; a positive half goes up. */
export type NegativeHalf = 'away' | 'up';

/** numerator ÷ denominator (> 0) to the nearest integer. */
export function dividedHalfUp(numerator: bigint, denominator: bigint, negativeHalf: NegativeHalf = 'away'): bigint {
  if (numerator >= 0n) return (numerator * 2n + denominator) / (denominator * 2n);
  const magnitude = -numerator;
  const doubled = magnitude * 2n;
  const nudge = negativeHalf === 'away' ? denominator : denominator - 1n;
  return -((doubled + nudge) / (denominator * 2n));
}

/** amount × part ÷ whole in minor units, to the nearest. */
export function share(amount: number, part: number, whole: number): number {
  if (whole === 0) return 0;
  const sign = whole < 0 ? -1n : 1n;
  return Number(dividedHalfUp(BigInt(amount) * BigInt(part) * sign, BigInt(whole) * sign));
}

/** quantity × unit amount, both counts of 10⁻¹², to the nearest minor unit. */
export function timesRounded(quantity: bigint, unitAmount: bigint, negativeHalf: NegativeHalf = 'away'): number {
  return Number(dividedHalfUp(quantity * unitAmount, SCALE * SCALE, negativeHalf));
}

export const ONE = SCALE;
