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

/** The charge of each tier that the quantity reaches. */
function tierCharges(price: Price, quantity: bigint): bigint[] {
  const tiers = price.tiers ?? [];
  const limit = (tier: Tier): bigint | null => (tier.up_to === null ? null : BigInt(tier.up_to) * ONE);
  if (price.tiers_mode === 'volume') {
    const reached = tiers.find((tier) => quantity <= (limit(tier) ?? quantity));
    return reached === undefined ? [] : [tierCharge(reached, quantity)];
  }
  const charges: bigint[] = [];
  let from = 0n;
  for (const tier of tiers) {
    const to = limit(tier) ?? quantity;
    const part = (quantity < to ? quantity : to) - from;
    if (part <= 0n) break;
    charges.push(tierCharge(tier, part));
    from = to;
  }
  return charges;
}

/** The amount of a line in minor units: quantity (a count of 10⁻¹²) × price, rounded once, or in each tier. */
export function lineAmount(
  price: Price,
  quantity: bigint,
  { negativeHalf, tierRounding }: Pick<Switches, 'negativeHalf' | 'tierRounding'>,
): number {
  if (price.billing_scheme !== 'tiered')
    return timesRounded(unitsCharged(price, quantity), toScaled(price.unit_amount_decimal ?? '0'), negativeHalf);
  const charges = tierCharges(price, quantity);
  const parts = tierRounding === 'tier' ? charges : [charges.reduce((sum, charge) => sum + charge, 0n)];
  return Number(parts.reduce((sum, part) => sum + dividedHalfUp(part, ONE * ONE, negativeHalf), 0n));
}
