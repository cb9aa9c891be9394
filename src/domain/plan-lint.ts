import { parseCredits } from './amount.ts';
import type { Catalogue, Plan } from './catalogue.ts';
import { chargeStepMinor, minorPlaces } from './currency.ts';
import type { Finding } from './finding.ts';
import { lintIncludedShare } from './included-share-lint.ts';
import { exceedsOneMinorUnit, meterUnitPrice } from './meter-price.ts';
import { lintKey, lintName, lintUnique } from './name-lint.ts';
import { lintCredits } from './number-lint.ts';
import { lintPolicy } from './policy-lint.ts';

/** Stripe's limit for names that appear on a bill is 250 characters. */
export const NAME_LENGTH_MAX = 250;

/** A plan that Stripe bills as it reads: exact meter price, chargeable fee, features that exist, credits that can come. */
export function* lintPlan(catalogue: Catalogue, plan: Plan, path: string): Iterable<Finding> {
  yield* lintKey(`${path}.plan`, plan.plan);
  yield* lintName(`${path}.name`, plan.name, NAME_LENGTH_MAX);
  yield* lintCurrency(`${path}.currency`, plan.currency);
  yield* lintAmountMinor(`${path}.baseAmountMinor`, { amountMinor: plan.baseAmountMinor, currency: plan.currency });
  yield* lintCredits(`${path}.includedCredits`, plan.includedCredits);
  yield* lintPrice(catalogue, plan, `${path}.pricePerCredit`);
  yield* lintFeatures(catalogue, plan, `${path}.features`);
  yield* lintPolicy(catalogue, plan, `${path}.policy`);
  yield* lintCycle(plan, path);
  yield* lintIncludedShare(plan, path);
  const sold = catalogue.packs.some(({ currency }) => currency === plan.currency);
  if (parseCredits(plan.includedCredits) === 0n && plan.policy.zeroBalance === 'block' && !sold) {
    yield {
      path: `${path}.includedCredits`,
      code: 'no_credits',
      message: `${plan.plan} includes no credits, blocks at zero, and no pack in ${plan.currency} sells any.`,
      fix: 'Include credits, add a pack in this currency, or allow overage.',
    };
  }
}

function* lintCycle(plan: Plan, path: string): Iterable<Finding> {
  if (plan.creditsEvery === 'year' && plan.interval === 'month') {
    yield {
      path: `${path}.creditsEvery`,
      code: 'contradiction',
      message: 'A fee of every month pays for no credits of a year.',
      fix: "Write creditsEvery: 'month', or interval: 'year'.",
    };
  }
}

/** A currency that Stripe charges in amounts which usage can be rounded to. */
export function* lintCurrency(path: string, currency: string): Iterable<Finding> {
  if (minorPlaces(currency) === null) {
    yield {
      path,
      code: 'unknown_currency',
      message: `${JSON.stringify(currency)} is no currency that Stripe charges.`,
      fix: "Write a lower-case ISO code, such as 'usd'.",
    };
  } else if (chargeStepMinor(currency) === 100) {
    yield {
      path,
      code: 'unsupported_currency',
      message: `Stripe takes ${currency} with two places but charges whole units only; usage would be rounded unseen.`,
      fix: 'Offer the plan in another currency.',
    };
  }
}

/** Twelve digits are more than any currency needs and still an exact number. */
const AMOUNT_MINOR_MAX = 999_999_999_999;

/** An amount that Stripe can charge: in range, and a multiple of ten in a three-decimal currency. */
export function* lintAmountMinor(
  path: string,
  { amountMinor, currency }: { amountMinor: number; currency: string },
): Iterable<Finding> {
  if (amountMinor < 0 || amountMinor > AMOUNT_MINOR_MAX) {
    yield {
      path,
      code: 'out_of_range',
      message: `${amountMinor} minor units cannot be charged.`,
      fix: `Write a whole number from 0 to ${AMOUNT_MINOR_MAX}.`,
    };
  } else if (amountMinor % chargeStepMinor(currency) !== 0) {
    yield {
      path,
      code: 'uneven_amount',
      message: `${amountMinor} cannot be charged in ${currency}, which Stripe charges in steps of ${chargeStepMinor(currency)} minor units.`,
      fix: `Write a multiple of ${chargeStepMinor(currency)}.`,
    };
  }
}

function* lintPrice({ unit }: Catalogue, plan: Plan, path: string): Iterable<Finding> {
  const { pricePerCredit, currency } = plan;
  const { meterUnit } = unit;
  const price = meterUnitPrice({ pricePerCredit, currency, meterUnit });
  if (price === null) {
    if (minorPlaces(currency) === null) return;
    yield {
      path,
      code: 'bad_decimal',
      message: `${pricePerCredit} is not a plain decimal with at most 18 digits and 12 places.`,
      fix: 'Write fewer places.',
    };
  } else if (price === 'inexact') {
    yield {
      path,
      code: 'price_too_fine',
      message: `At ${pricePerCredit} ${currency} a credit, one ${named(meterUnit)} has a price of more than 12 places.`,
      fix: 'Write fewer places, or choose a coarser meterUnit before the first push.',
    };
  } else if (price === 0n) {
    yield {
      path,
      code: 'worthless_credit',
      message: 'A credit that costs nothing has no value at Stripe, so included and bought credits could never apply.',
      fix: 'Write what a credit is worth; a plan that blocks at zero charges it to nobody.',
    };
  } else if (exceedsOneMinorUnit(price)) {
    yield {
      path,
      code: 'price_too_coarse',
      message: `At ${pricePerCredit} ${currency} a credit, one ${named(meterUnit)} costs more than one minor unit; bills would jump.`,
      fix: "Choose a finer meterUnit ('milli' or 'micro') before the first push.",
    };
  }
}

function named(meterUnit: string): string {
  return meterUnit === 'credit' ? 'credit' : `${meterUnit}-credit`;
}

function* lintFeatures({ burnTable }: Catalogue, plan: Plan, path: string): Iterable<Finding> {
  if (plan.features.length === 0) {
    yield {
      path,
      code: 'no_feature',
      message: `${plan.plan} allows no feature, so its credits could never be spent.`,
      fix: 'List the features whose actions may draw.',
    };
  }
  yield* lintUnique(path, '', plan.features);
  const known = new Set(burnTable.map(({ feature }) => feature));
  for (const [index, feature] of plan.features.entries()) {
    if (known.has(feature)) continue;
    yield {
      path: `${path}[${index}]`,
      code: 'unknown_feature',
      message: `No action of the burn table belongs to the feature ${JSON.stringify(feature)}.`,
      fix: `Write one of ${[...known].join(', ')}, or add the action to the burn table.`,
    };
  }
}
