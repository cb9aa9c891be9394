import { lintAlerts } from './alert-lint.ts';
import { parseCredits } from './amount.ts';
import type { Catalogue, Plan, UsageCap } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintKeptRules } from './kept-rules-lint.ts';
import { lintCredits, lintRange } from './number-lint.ts';
import { lintZeroBalance } from './zero-balance-lint.ts';

/** Holds live for a day at most: longer ones would outlive the period that they reserve in. */
const HOLD_SECONDS_MAX = 86_400;
/** The longest that Stripe takes (docs: free trials). */
const TRIAL_DAYS_MAX = 730;

/** Rules of one policy that cannot both hold, and numbers that mean nothing. */
export function* lintPolicy(catalogue: Catalogue, plan: Plan, path: string): Iterable<Finding> {
  const { policy } = plan;
  yield* lintZeroBalance(catalogue, plan, path);
  yield* lintExpiry(plan, path);
  yield* lintRollover(plan, path);
  yield* lintSeats(plan, path);
  yield* lintCap(`${path}.caps.member`, policy.caps.member);
  yield* lintCap(`${path}.caps.agent`, policy.caps.agent);
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
  if (policy.eventCreditsMax !== null) yield* lintSome(`${path}.eventCreditsMax`, policy.eventCreditsMax);
  if (policy.trial !== 'none') {
    yield* lintRange(`${path}.trial.days`, policy.trial.days, [1, TRIAL_DAYS_MAX]);
    yield* lintSome(`${path}.trial.credits`, policy.trial.credits);
  }
  yield* lintAlerts(policy.alerts, `${path}.alerts`);
  yield* lintKeptRules(policy, path);
}

/** How long an allowance takes to renew. */
const PERIOD_DAYS = { month: 31, year: 365 } as const;

function* lintExpiry({ policy, includedCredits, creditsEvery }: Plan, path: string): Iterable<Finding> {
  const { purchasedExpiryDays: days } = policy;
  if (days === null) return;
  yield* lintRange(`${path}.purchasedExpiryDays`, days, [1, 3650]);
  if (days >= PERIOD_DAYS[creditsEvery] || days < 1 || parseCredits(includedCredits) === 0n) return;
  yield {
    path: `${path}.purchasedExpiryDays`,
    code: 'contradiction',
    message: `Bought credits would expire after ${days} days, before the allowance renews: who buys because it is used up could lose them with it.`,
    fix: `Write ${PERIOD_DAYS[creditsEvery]} or more, or null.`,
  };
}

function* lintRollover({ policy, includedCredits }: Plan, path: string): Iterable<Finding> {
  const { rollover } = policy;
  if (rollover === 'none') return;
  if (rollover.capPercent !== null) yield* lintRange(`${path}.rollover.capPercent`, rollover.capPercent, [1, 1000]);
  if (rollover.capCredits !== null) yield* lintSome(`${path}.rollover.capCredits`, rollover.capCredits);
  if (rollover.capPercent === null && rollover.capCredits === null) {
    yield {
      path: `${path}.rollover`,
      code: 'contradiction',
      message: 'Credits would roll over without a cap, so that what is owed to customers grows without an end.',
      fix: 'Write a capPercent, such as 100 for one whole allowance, or capCredits.',
    };
  }
  yield* lintRange(`${path}.rollover.periods`, rollover.periods, [1, 120]);
  if (rollover.priority !== null) yield* lintRange(`${path}.rollover.priority`, rollover.priority, [0, 100]);
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

/** What a seat brings, and who may take what it brought. */
function* lintSeats({ policy, includedCredits }: Plan, path: string): Iterable<Finding> {
  if (policy.seats.add === 'prorated' && parseCredits(includedCredits) === 0n) {
    yield {
      path: `${path}.seats.add`,
      code: 'contradiction',
      message: 'A seat would bring its share of credits, and the plan includes none.',
      fix: "Write seats: { add: 'at_renewal' }, or include credits.",
    };
  }
}

function* lintCap(path: string, cap: UsageCap | null): Iterable<Finding> {
  if (cap !== null) yield* lintSome(`${path}.credits`, cap.credits);
}

/** A bound of nothing would be no rule but a prohibition. */
function* lintSome(path: string, credits: string): Iterable<Finding> {
  yield* lintCredits(path, credits);
  if (parseCredits(credits) !== 0n) return;
  yield {
    path,
    code: 'contradiction',
    message: 'A bound of 0 credits allows nothing.',
    fix: 'Write a bound above 0, or null.',
  };
}
