// One offer may be written in many ways ("1.50" and "1.5", two orders of features); versions compare the normal one.
import { formatScaled, parseFraction } from './amount.ts';
import type { BurnRate, Catalogue } from './catalogue.ts';

/** The catalogue with shortest decimals, instants in UTC and lists without an order of their own sorted. */
export function normalCatalogue(catalogue: Catalogue): Catalogue {
  return {
    unit: catalogue.unit,
    burnTable: catalogue.burnTable
      .map((row) => ({ ...row, effectiveFrom: new Date(row.effectiveFrom).toISOString(), rate: normalRate(row.rate) }))
      .toSorted((a, b) => order(a.action, b.action) || order(a.effectiveFrom, b.effectiveFrom)),
    plans: catalogue.plans.map((plan) => ({
      ...plan,
      includedCredits: shortest(plan.includedCredits),
      pricePerCredit: shortest(plan.pricePerCredit),
      features: plan.features.toSorted(order),
      policy: {
        ...plan.policy,
        overageCap: plan.policy.overageCap === null ? null : shortest(plan.policy.overageCap),
        debtLimit: shortest(plan.policy.debtLimit),
      },
    })),
    packs: catalogue.packs.map((pack) => ({ ...pack, credits: shortest(pack.credits) })),
  };
}

function normalRate({ flat, per, minimum }: BurnRate): BurnRate {
  return {
    ...(flat !== undefined && { flat: shortest(flat) }),
    ...(per !== undefined && {
      per: per
        .map((term) => ({ ...term, credits: shortest(term.credits) }))
        .toSorted((a, b) => order(a.quantity, b.quantity)),
    }),
    ...(minimum !== undefined && { minimum: shortest(minimum) }),
  };
}

function shortest(decimal: string): string {
  const read = parseFraction(decimal);
  if (read === null) return decimal;
  return formatScaled(read.numerator, read.denominator.toString().length - 1);
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
