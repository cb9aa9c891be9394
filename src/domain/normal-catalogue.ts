// One offer may be written in many ways ("1.50" and "1.5", two orders of features); versions compare the normal one.
import { formatScaled, parseFraction } from './amount.ts';
import type { BurnRate, Catalogue, PlainRate, Policy, UsageCap } from './catalogue.ts';

/** The catalogue with shortest decimals, instants in UTC and lists without an order of their own sorted. */
export function normalCatalogue(catalogue: Catalogue): Catalogue {
  return {
    unit: catalogue.unit,
    burnTable: catalogue.burnTable
      .map((row) => ({ ...row, effectiveFrom: new Date(row.effectiveFrom).toISOString(), rate: normalRate(row.rate) }))
      .toSorted((a, b) => order(a.action, b.action) || order(a.effectiveFrom, b.effectiveFrom)),
    plans: catalogue.plans.map(({ includedSharePercent: share = 0, ...plan }) => ({
      ...plan,
      ...(share !== 0 && { includedSharePercent: share }),
      includedCredits: shortest(plan.includedCredits),
      pricePerCredit: shortest(plan.pricePerCredit),
      features: plan.features.toSorted(order),
      policy: normalPolicy(plan.policy),
    })),
    packs: catalogue.packs.map((pack) => ({ ...pack, credits: shortest(pack.credits) })),
    ...(catalogue.words !== undefined && { words: catalogue.words }),
  };
}

function normalPolicy(policy: Policy): Policy {
  const { topUp, rollover, caps, trial } = policy;
  return {
    ...policy,
    topUp: topUp === 'none' ? topUp : { ...topUp, below: shortest(topUp.below) },
    overageCap: policy.overageCap === null ? null : shortest(policy.overageCap),
    debtLimit: shortest(policy.debtLimit),
    eventCreditsMax: policy.eventCreditsMax === null ? null : shortest(policy.eventCreditsMax),
    rollover:
      rollover === 'none' || rollover.capCredits === null
        ? rollover
        : { ...rollover, capCredits: shortest(rollover.capCredits) },
    caps: { member: normalCap(caps.member), agent: normalCap(caps.agent) },
    trial: trial === 'none' ? trial : { ...trial, credits: shortest(trial.credits) },
  };
}

function normalCap(cap: UsageCap | null): UsageCap | null {
  return cap === null ? null : { ...cap, credits: shortest(cap.credits) };
}

/** The order of rules is kept: the first that matches counts. */
function normalRate({ rules, otherwise, ...plain }: BurnRate): BurnRate {
  return {
    ...normalPlainRate(plain),
    ...(rules !== undefined && {
      rules: rules.map((rule) => ({
        when: Object.fromEntries(Object.entries(rule.when).map(([name, values]) => [name, normalValues(values)])),
        rate: normalPlainRate(rule.rate),
      })),
    }),
    ...(otherwise !== undefined && { otherwise }),
  };
}

/** A list of one value is that value. */
function normalValues(values: string | readonly string[]): string | readonly string[] {
  if (typeof values === 'string') return values;
  const [only, ...others] = values.toSorted(order);
  return only === undefined || others.length > 0 ? values.toSorted(order) : only;
}

function normalPlainRate({ flat, per, tiers, minimum }: PlainRate): PlainRate {
  return {
    ...(flat !== undefined && { flat: shortest(flat) }),
    ...(per !== undefined && {
      per: per
        .map((term) => ({ ...term, credits: shortest(term.credits) }))
        .toSorted((a, b) => order(a.quantity, b.quantity)),
    }),
    ...(tiers !== undefined && {
      tiers: tiers
        .map((tier) => ({
          ...tier,
          steps: tier.steps.map((step) => ({ ...step, credits: shortest(step.credits) })),
        }))
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
