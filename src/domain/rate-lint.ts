import { parseFraction } from './amount.ts';
import type { BurnRate, PlainRate, RateRule, RateTier } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintReportedName, lintUnique } from './name-lint.ts';
import { lintCredits } from './number-lint.ts';

const EACH_MAX = 1_000_000_000_000;
const RULES_MAX = 100;
const STEPS_MAX = 50;

/** A rate that prices every event in one way only: the plain rate, or rules with what else. */
export function* lintRate(path: string, rate: BurnRate): Iterable<Finding> {
  const { rules, otherwise } = rate;
  if (rules === undefined) {
    yield* lintPlainRate(path, rate);
    if (otherwise !== undefined) {
      yield {
        path: `${path}.otherwise`,
        code: 'contradiction',
        message: 'Without rules there is nothing else.',
        fix: 'Remove otherwise, or write rules.',
      };
    }
    return;
  }
  if (rules.length === 0 || rules.length > RULES_MAX) {
    yield {
      path: `${path}.rules`,
      code: 'out_of_range',
      message: `There are ${rules.length} rules.`,
      fix: `Write 1 to ${RULES_MAX} rules, or leave rules out.`,
    };
  }
  for (const [index, rule] of rules.entries()) yield* lintRule(rules, index, rule, `${path}.rules[${index}]`);
  yield* lintOtherwise(path, rate);
}

function* lintOtherwise(path: string, rate: BurnRate): Iterable<Finding> {
  if (rate.otherwise === undefined) {
    yield {
      path: `${path}.otherwise`,
      code: 'silent_rate',
      message: 'The rate does not say what an event costs that no rule matches.',
      fix: "Write otherwise: 'rate' and a plain rate, 'free', or 'refuse'.",
    };
  } else if (rate.otherwise === 'rate') {
    yield* lintPlainRate(path, rate);
  } else if (!isSilent(rate) || rate.minimum !== undefined) {
    yield {
      path: `${path}.otherwise`,
      code: 'contradiction',
      message: `Beside the rules there is a plain rate, which otherwise: '${rate.otherwise}' never applies.`,
      fix: "Write otherwise: 'rate', or remove the plain rate.",
    };
  }
}

function* lintRule(rules: readonly RateRule[], index: number, rule: RateRule, path: string): Iterable<Finding> {
  const when = Object.entries(rule.when);
  if (when.length === 0) {
    yield {
      path: `${path}.when`,
      code: 'contradiction',
      message: 'A rule that names no dimension matches everything.',
      fix: "Name a dimension, or make it the plain rate with otherwise: 'rate'.",
    };
  }
  for (const [dimension, values] of when) {
    yield* lintReportedName(`${path}.when.${dimension}`, dimension);
    const listed = typeof values === 'string' ? [values] : values;
    if (listed.length === 0 || listed.some((value) => value === '' || value.length > 200)) {
      yield {
        path: `${path}.when.${dimension}`,
        code: 'out_of_range',
        message: `${dimension} has no value that an event could have.`,
        fix: 'Write one value or a list of values, each of 1 to 200 characters.',
      };
    }
    yield* lintUnique(`${path}.when.${dimension}`, '', listed);
  }
  const shadow = rules.slice(0, index).findIndex((earlier) => covers(earlier, rule));
  if (shadow !== -1) {
    yield {
      path,
      code: 'contradiction',
      message: `Every event that this rule matches is taken by rules[${shadow}] before.`,
      fix: 'Put the narrower rule first, or remove it.',
    };
  }
  yield* lintPlainRate(`${path}.rate`, rule.rate);
}

/** Whether each event that `rule` matches is matched by `earlier` too. */
function covers(earlier: RateRule, rule: RateRule): boolean {
  return Object.entries(earlier.when).every(([dimension, values]) => {
    const narrower = Object.hasOwn(rule.when, dimension) ? rule.when[dimension] : undefined;
    return narrower !== undefined && [narrower].flat().every((value) => [values].flat().includes(value));
  });
}

function isSilent({ flat, per = [], tiers = [] }: PlainRate): boolean {
  return flat === undefined && per.length === 0 && tiers.length === 0;
}

function* lintPlainRate(path: string, rate: PlainRate): Iterable<Finding> {
  const { flat, minimum, per = [], tiers = [] } = rate;
  if (isSilent(rate)) {
    yield {
      path,
      code: 'silent_rate',
      message: 'The rate does not say what the action costs.',
      fix: "Write flat, per or tiers; flat: '0' when it is free.",
    };
  }
  if (flat !== undefined) yield* lintCredits(`${path}.flat`, flat);
  if (minimum !== undefined) yield* lintCredits(`${path}.minimum`, minimum);
  if (minimum !== undefined && per.length === 0 && tiers.length === 0) {
    yield {
      path: `${path}.minimum`,
      code: 'contradiction',
      message: 'A flat rate has no need of a minimum; one of the two never applies.',
      fix: 'Keep flat only.',
    };
  }
  yield* lintUnique(
    `${path}.per`,
    'quantity',
    per.map(({ quantity }) => quantity),
  );
  for (const [index, { quantity, credits, each }] of per.entries()) {
    const place = `${path}.per[${index}]`;
    yield* lintReportedName(`${place}.quantity`, quantity);
    yield* lintPrice(`${place}.credits`, credits);
    yield* lintEach(`${place}.each`, each, quantity);
  }
  yield* lintUnique(
    `${path}.tiers`,
    'quantity',
    tiers.map(({ quantity }) => quantity),
  );
  for (const [index, tier] of tiers.entries()) {
    const place = `${path}.tiers[${index}]`;
    yield* lintTier(place, tier);
    if (!per.some(({ quantity }) => quantity === tier.quantity)) continue;
    yield {
      path: `${place}.quantity`,
      code: 'duplicate',
      message: `${tier.quantity} has a price by per already.`,
      fix: 'Keep one of the two.',
    };
  }
}

function* lintTier(path: string, { quantity, each, steps }: RateTier): Iterable<Finding> {
  yield* lintReportedName(`${path}.quantity`, quantity);
  yield* lintEach(`${path}.each`, each, quantity);
  if (steps.length > STEPS_MAX || steps.at(-1)?.upTo !== null) {
    yield {
      path: `${path}.steps`,
      code: 'open_tiers',
      message: `The steps do not say what every ${quantity} costs.`,
      fix: `Write 1 to ${STEPS_MAX} steps, the last one with upTo: null.`,
    };
  }
  let reached = 0;
  for (const [index, { upTo, credits }] of steps.entries()) {
    yield* lintPrice(`${path}.steps[${index}].credits`, credits);
    if (upTo === null ? index === steps.length - 1 : upTo > reached && upTo <= Number.MAX_SAFE_INTEGER) {
      reached = upTo ?? reached;
      continue;
    }
    yield {
      path: `${path}.steps[${index}].upTo`,
      code: 'contradiction',
      message: 'Steps rise from one to the next, and only the last one is without end.',
      fix: 'Sort the steps by upTo.',
    };
  }
}

function* lintPrice(path: string, credits: string): Iterable<Finding> {
  if (parseFraction(credits) !== null) return;
  yield {
    path,
    code: 'bad_decimal',
    message: `${credits} is not a plain decimal with at most 18 digits and 12 places.`,
    fix: 'Write fewer places, or raise each.',
  };
}

function* lintEach(path: string, each: number, quantity: string): Iterable<Finding> {
  if (each >= 1 && each <= EACH_MAX) return;
  yield {
    path,
    code: 'out_of_range',
    message: `A price for each ${each} ${quantity} cannot be rated.`,
    fix: `Write a whole number from 1 to ${EACH_MAX}.`,
  };
}
