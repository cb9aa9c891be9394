// What a catalogue needs at Stripe: one meter for the credit unit, a product for each plan and pack, their prices.
// Keys are made of names and fingerprints, so that whoever pushes the same file looks for the same objects.
import type { CreditUnit, Pack, Plan } from './catalogue.ts';
import { meterUnitAmountDecimal } from './meter-price.ts';

export interface WantedMeter {
  readonly eventName: string;
  readonly displayName: string;
}

export interface WantedProduct {
  readonly key: string;
  readonly name: string;
  readonly prices: readonly WantedPrice[];
}

export interface WantedPrice {
  /** Also the lookup key. */
  readonly key: string;
  readonly currency: string;
  /** Minor units, for one of what is sold: a seat, a pack, one unit of the meter. */
  readonly unitAmountDecimal: string;
  readonly use: 'base' | 'metered' | 'pack';
  /** null for what is paid once */
  readonly interval: 'month' | 'year' | null;
}

/** The meter of a credit unit. What it counts is part of its name: another meter unit is another meter. */
export function meterOf(unit: CreditUnit): WantedMeter {
  const counts = unit.meterUnit === 'credit' ? '' : ` (${unit.meterUnit})`;
  return { eventName: `creditpool_${unit.name}_${unit.meterUnit}`, displayName: `${unit.displayName}${counts}` };
}

/** The product of a plan with the prices of the version that has this fingerprint. */
export function productOfPlan(
  plan: Plan,
  { fingerprint, unit }: { fingerprint: string; unit: CreditUnit },
): WantedProduct {
  const { currency, interval } = plan;
  const version = `creditpool/plan/${plan.plan}/${fingerprint.slice(0, 16)}`;
  const metered: WantedPrice = {
    key: `${version}/metered_${unit.name}_${unit.meterUnit}`,
    currency,
    unitAmountDecimal: meterUnitAmountDecimal({ ...plan, meterUnit: unit.meterUnit }),
    use: 'metered',
    // Under a yearly fee usage may be invoiced by the month, where the credits come by the month.
    interval: plan.creditsEvery,
  };
  const base: WantedPrice = {
    key: `${version}/base`,
    currency,
    unitAmountDecimal: String(plan.baseAmountMinor),
    use: 'base',
    interval,
  };
  return {
    key: `creditpool/plan/${plan.plan}`,
    name: plan.name,
    prices: plan.baseAmountMinor === 0 ? [metered] : [base, metered],
  };
}

/** The product of a pack with the one-off price of the version that has this fingerprint. */
export function productOfPack(pack: Pack, fingerprint: string): WantedProduct {
  const key = `creditpool/pack/${pack.pack}`;
  const price: WantedPrice = {
    key: `${key}/${fingerprint.slice(0, 16)}`,
    currency: pack.currency,
    unitAmountDecimal: String(pack.amountMinor),
    use: 'pack',
    interval: null,
  };
  return { key, name: pack.name, prices: [price] };
}
