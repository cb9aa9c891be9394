import { dividedHalfUp, ONE, timesRounded, toScaled, type NegativeHalf } from './rounding.ts';
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

function tieredCharge(price: Price, quantity: bigint): bigint {
  const tiers = price.tiers ?? [];
  const limit = (tier: Tier): bigint | null => (tier.up_to === null ? null : BigInt(tier.up_to) * ONE);
  if (price.tiers_mode === 'volume') {
    const reached = tiers.find((tier) => quantity <= (limit(tier) ?? quantity));
    return reached === undefined ? 0n : tierCharge(reached, quantity);
  }
  let charge = 0n;
  let from = 0n;
  for (const tier of tiers) {
    const to = limit(tier) ?? quantity;
    const part = (quantity < to ? quantity : to) - from;
    if (part <= 0n) break;
    charge += tierCharge(tier, part);
    from = to;
  }
  return charge;
}

/** The amount of a line in minor units: quantity (a count of 10⁻¹²) × price, rounded once. */
export function lineAmount(price: Price, quantity: bigint, negativeHalf: NegativeHalf): number {
  if (price.billing_scheme === 'tiered')
    return Number(dividedHalfUp(tieredCharge(price, quantity), ONE * ONE, negativeHalf));
  return timesRounded(unitsCharged(price, quantity), toScaled(price.unit_amount_decimal ?? '0'), negativeHalf);
}
