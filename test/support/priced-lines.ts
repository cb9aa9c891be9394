// What a line of an invoice must come to, from its quantity and its price as they crossed the wire. It shares no code with the
// simulator; whole numbers and one division at the end.
const SCALE = 10n ** 12n;

/** A price as far as it decides an amount. */
export interface KnownPrice {
  readonly unit: string | null;
  readonly packages: { readonly divideBy: number; readonly round: string } | null;
  readonly mode: string | null;
  readonly tiers: readonly KnownTier[];
}

export interface KnownTier {
  readonly upTo: number | null;
  readonly unit: string;
  readonly flat: string;
}

/** A decimal as a whole number of 10⁻¹². */
export function scaled(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const digits = BigInt(whole.replace('-', '') + fraction.padEnd(12, '0'));
  return decimal.startsWith('-') ? -digits : digits;
}

/** Whether an amount is the nearest to a charge of 10⁻²⁴ × a part of a whole. A half goes up; of a negative one nobody knows. */
export function isNearest(amount: bigint, charge: bigint, part = 1n, whole = 1n): boolean {
  const unit = SCALE * SCALE * whole;
  const distance = 2n * (amount * unit - charge * part);
  return charge < 0n ? distance <= unit && distance >= -unit : distance <= unit && distance > -unit;
}

export function halfUp(charge: bigint): bigint {
  const unit = SCALE * SCALE;
  return charge < 0n ? -((-2n * charge + unit) / (2n * unit)) : (2n * charge + unit) / (2n * unit);
}

/** All charges that a line may be rounded from: one, or one for each way in which tiers may be rounded. */
export function chargesOf(price: KnownPrice, quantity: bigint, description: string): readonly bigint[] {
  if (price.packages !== null) {
    const size = BigInt(price.packages.divideBy) * SCALE;
    const begun = price.packages.round === 'up' && quantity % size > 0n ? 1n : 0n;
    return [(quantity / size + begun) * SCALE * scaled(price.unit ?? '0')];
  }
  if (price.tiers.length === 0) return [quantity * scaled(price.unit ?? '0')];
  const named = /\(Tier (\d+) at /.exec(description)?.[1];
  const tier = named === undefined ? undefined : price.tiers[Number(named) - 1];
  if (tier !== undefined) return [ofTier(tier, quantity)];
  if (price.mode === 'volume') {
    const reached = price.tiers.find(({ upTo }) => upTo === null || quantity <= BigInt(upTo) * SCALE);
    return [reached === undefined ? 0n : ofTier(reached, quantity)];
  }
  const parts = graduated(price.tiers, quantity);
  const whole = parts.reduce((sum, part) => sum + part, 0n);
  return [whole, parts.reduce((sum, part) => sum + halfUp(part) * SCALE * SCALE, 0n)];
}

function ofTier({ unit, flat }: KnownTier, quantity: bigint): bigint {
  return quantity * scaled(unit) + scaled(flat) * SCALE;
}

function graduated(tiers: readonly KnownTier[], quantity: bigint): readonly bigint[] {
  const parts: bigint[] = [];
  let from = 0n;
  for (const tier of tiers) {
    const end = tier.upTo === null ? quantity : BigInt(tier.upTo) * SCALE;
    const to = end < quantity ? end : quantity;
    if (to > from) parts.push(ofTier(tier, to - from));
    from = end;
  }
  return parts;
}
