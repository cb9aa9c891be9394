import { dividedHalfUp, ONE, timesRounded, toScaled } from './rounding.ts';
import type { Switches } from './switches.ts';
import type { Price } from './wire.ts';

type Tier = NonNullable<Price['tiers']>[number];

function unitsCharged(price: Price, quantity: bigint): bigint {
  const transform = price.transform_quantity;
  if (transform === null) return quantity;
  const divisor = BigInt(transform.divide_by) * ONE;
  const whole = quantity / divisor;
  return (transform.round === 'up' && quantity % divisor > 0n ? whole + 1n : whole) * ONE;
}

/** One tier's charge as a count of 10⁻²⁴ minor units. */
function tierCharge(tier: Tier, quantity: bigint): bigint {
  return quantity * toScaled(tier.unit_amount_decimal ?? '0') + toScaled(tier.flat_amount_decimal ?? '0') * ONE;
}

export interface TierPart {
  readonly tier: Tier;
  /** A count of 10⁻¹². */
  readonly quantity: bigint;
  /** A count of 10⁻²⁴ minor units. */
  readonly charge: bigint;
}

/** What falls into each tier that the quantity reaches, and its charge. */
export function tierParts(price: Price, quantity: bigint): TierPart[] {
  const tiers = price.tiers ?? [];
  const limit = (tier: Tier): bigint | null => (tier.up_to === null ? null : BigInt(tier.up_to) * ONE);
  if (price.tiers_mode === 'volume') {
    const reached = tiers.find((tier) => quantity <= (limit(tier) ?? quantity));
    return reached === undefined ? [] : [{ tier: reached, quantity, charge: tierCharge(reached, quantity) }];
  }
  const parts: TierPart[] = [];
  let from = 0n;
  for (const tier of tiers) {
    const to = limit(tier) ?? quantity;
    const part = (quantity < to ? quantity : to) - from;
    if (part <= 0n) break;
    parts.push({ tier, quantity: part, charge: tierCharge(tier, part) });
    from = to;
  }
  return parts;
}

/** The amount of a line in minor units: quantity (a count of 10⁻¹²) × price, rounded once, or in each tier. */
export function lineAmount(
  price: Price,
  quantity: bigint,
  { negativeHalf, tierRounding, graduatedLines }: Pick<Switches, 'negativeHalf' | 'tierRounding' | 'graduatedLines'>,
): number {
  if (price.billing_scheme !== 'tiered')
    return timesRounded(unitsCharged(price, quantity), toScaled(price.unit_amount_decimal ?? '0'), negativeHalf);
  const charges = tierParts(price, quantity).map(({ charge }) => charge);
  const parts =
    tierRounding === 'tier' || graduatedLines === 'per_tier'
      ? charges
      : [charges.reduce((sum, charge) => sum + charge, 0n)];
  return Number(parts.reduce((sum, part) => sum + dividedHalfUp(part, ONE * ONE, negativeHalf), 0n));
}
