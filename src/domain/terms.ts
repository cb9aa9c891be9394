// A plan version's content resolved once into the integers and sets that decisions use.
import { type Fraction, parseCredits, parseFraction } from './amount.ts';
import type { Interval } from './billing-period.ts';
import type { Plan, Policy } from './catalogue.ts';

export interface PlanTerms {
  readonly planVersionId: string;
  readonly plan: string;
  readonly unit: string;
  readonly currency: string;
  /** How often credits come and usage is metered. */
  readonly interval: Interval;
  /** How often the fee is due. */
  readonly feeInterval: Interval;
  readonly baseAmountMinor: bigint;
  readonly included: bigint;
  /** Credits per seat while the subscription is trialing. */
  readonly trialCredits: bigint;
  /** Major currency units per credit. */
  readonly pricePerCredit: Fraction;
  readonly meterUnitMicro: bigint;
  readonly features: ReadonlySet<string>;
  readonly overageCap: bigint | null;
  readonly debtLimit: bigint;
  /** What one event may cost at most. */
  readonly eventMax: bigint | null;
  readonly policy: Policy;
}

/** Throws on content that the catalogue's schema would have refused. */
export function planTerms(planVersionId: string, unit: string, meterUnitMicro: bigint, plan: Plan): PlanTerms {
  const price = parseFraction(plan.pricePerCredit);
  if (price === null) throw new Error(`plan ${plan.plan}: price per credit ${plan.pricePerCredit} is no plain decimal`);
  return {
    planVersionId,
    plan: plan.plan,
    unit,
    currency: plan.currency,
    interval: plan.creditsEvery,
    feeInterval: plan.interval,
    baseAmountMinor: BigInt(plan.baseAmountMinor),
    included: creditsOf(plan, plan.includedCredits),
    trialCredits: plan.policy.trial === 'none' ? 0n : creditsOf(plan, plan.policy.trial.credits),
    pricePerCredit: price,
    meterUnitMicro,
    features: new Set(plan.features),
    overageCap: plan.policy.overageCap === null ? null : creditsOf(plan, plan.policy.overageCap),
    debtLimit: creditsOf(plan, plan.policy.debtLimit),
    // Contents that were stored before there was such a rule say nothing of it.
    eventMax: plan.policy.eventCreditsMax == null ? null : creditsOf(plan, plan.policy.eventCreditsMax),
    policy: plan.policy,
  };
}

function creditsOf(plan: Plan, text: string): bigint {
  const micro = parseCredits(text);
  if (micro === null) throw new Error(`plan ${plan.plan}: ${text} is not an amount of credits`);
  return micro;
}
