import { parseCredits } from './amount.ts';
import { lintCredits } from './burn-table-lint.ts';
import type { Plan, Policy } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintKeptRules } from './kept-rules-lint.ts';

/** Holds live for a day at most: longer ones would outlive the period that they reserve in. */
const HOLD_SECONDS_MAX = 86_400;

/** Rules of one policy that cannot both hold, and numbers that mean nothing. */
export function* lintPolicy(plan: Plan, path: string): Iterable<Finding> {
  const { policy } = plan;
  yield* lintZeroBalance(policy, path);
  yield* lintExpiry(plan, path);
  if (policy.pooling === 'customer' && policy.transfers !== 'none') {
    yield {
      path: `${path}.transfers`,
      code: 'contradiction',
      message: 'A customer with one pool has nothing to transfer between.',
      fix: "Write transfers: 'none', or pooling: 'member'.",
    };
  }
  yield* lintRange(`${path}.hold.ttlSeconds`, policy.hold.ttlSeconds, [1, HOLD_SECONDS_MAX]);
  if (typeof policy.unpaid === 'object') {
    yield* lintRange(`${path}.unpaid.freezeAfterDays`, policy.unpaid.freezeAfterDays, [1, 60]);
  }
  yield* lintThresholds(policy.alerts.thresholdsPercent, `${path}.alerts.thresholdsPercent`);
  yield* lintKeptRules(policy, path);
}

function* lintZeroBalance(policy: Policy, path: string): Iterable<Finding> {
  yield* lintCredits(`${path}.debtLimit`, policy.debtLimit);
  if (policy.overageCap !== null) {
    yield* lintCredits(`${path}.overageCap`, policy.overageCap);
    if (policy.zeroBalance !== 'overage') {
      yield {
        path: `${path}.overageCap`,
        code: 'contradiction',
        message: `There is no overage to cap when zeroBalance is '${policy.zeroBalance}'.`,
        fix: "Write overageCap: null, or zeroBalance: 'overage'.",
      };
    } else if (parseCredits(policy.overageCap) === 0n) {
      yield {
        path: `${path}.overageCap`,
        code: 'contradiction',
        message: 'Overage is allowed up to nothing.',
        fix: "Write zeroBalance: 'block', or a cap above 0.",
      };
    }
  }
  if (policy.zeroBalance === 'grace' && parseCredits(policy.debtLimit) === 0n) {
    yield {
      path: `${path}.debtLimit`,
      code: 'contradiction',
      message: 'Grace is a bounded debt, and the bound is 0.',
      fix: "Write a debtLimit above 0, or zeroBalance: 'block'.",
    };
  }
}

function* lintExpiry({ policy, includedCredits }: Plan, path: string): Iterable<Finding> {
  if (policy.purchasedExpiryDays !== null) {
    yield* lintRange(`${path}.purchasedExpiryDays`, policy.purchasedExpiryDays, [1, 3650]);
  }
  if (policy.rollover === 'none') return;
  yield* lintRange(`${path}.rollover.capPercent`, policy.rollover.capPercent, [1, 1000]);
  yield* lintRange(`${path}.rollover.periods`, policy.rollover.periods, [1, 120]);
  if (policy.includedExpiry === 'never') {
    yield {
      path: `${path}.rollover`,
      code: 'contradiction',
      message: 'Credits that never expire have no need to roll over.',
      fix: "Write rollover: 'none', or includedExpiry: 'period_end'.",
    };
  }
  if (parseCredits(includedCredits) === 0n) {
    yield {
      path: `${path}.rollover`,
      code: 'contradiction',
      message: 'The plan includes no credits that could roll over.',
      fix: "Write rollover: 'none'.",
    };
  }
}

function* lintThresholds(thresholds: readonly number[], path: string): Iterable<Finding> {
  for (const [index, threshold] of thresholds.entries()) {
    yield* lintRange(`${path}[${index}]`, threshold, [1, 1000]);
    if (threshold > (thresholds[index - 1] ?? 0)) continue;
    yield {
      path: `${path}[${index}]`,
      code: 'contradiction',
      message: 'Thresholds rise from one to the next, each of them once.',
      fix: 'Sort them and remove what is there twice.',
    };
  }
}

export function* lintRange(path: string, value: number, [least, most]: readonly [number, number]): Iterable<Finding> {
  if (value >= least && value <= most) return;
  yield {
    path,
    code: 'out_of_range',
    message: `${path} is ${value}.`,
    fix: `Write a whole number from ${least} to ${most}.`,
  };
}
