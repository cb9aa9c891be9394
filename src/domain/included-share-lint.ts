import { parseCredits } from './amount.ts';
import type { Plan } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintRange } from './number-lint.ts';

/**
 * A share of the fee is earned by the credits that came for the fee's own line, all of them at once. Rules by which they
 * come in parts, or for a line that Stripe prorates, would leave a share without its credits, so they are refused.
 */
export function* lintIncludedShare(plan: Plan, path: string): Iterable<Finding> {
  const { includedSharePercent: percent = 0, policy } = plan;
  yield* lintRange(`${path}.includedSharePercent`, percent, [0, 100]);
  if (percent === 0) return;
  for (const [isAsked, message, fix] of [
    [plan.baseAmountMinor === 0, 'There is no fee to take a share of.', 'Leave it out.'],
    [
      parseCredits(plan.includedCredits) === 0n,
      'The plan includes no credits that could earn a share.',
      'Leave it out.',
    ],
    [
      plan.interval !== plan.creditsEvery,
      'One yearly fee pays for the credits of twelve months, and its share belongs to none of them.',
      "Write creditsEvery: 'year', or leave it out.",
    ],
    [
      policy.pooling === 'member',
      'Pools of members open one by one, so that nobody knows at first how many credits the fee pays for.',
      "Write pooling: 'customer', or leave it out.",
    ],
    [
      policy.seats.add === 'prorated',
      'Credits of a seat that comes in mid-period belong to a prorated line, which is earned by the day.',
      "Write seats: { add: 'at_renewal' }, or leave it out.",
    ],
    [
      policy.planChange === 'at_once',
      'Credits of a customer that comes in mid-period belong to a prorated line, which is earned by the day.',
      "Write planChange: 'at_renewal', or leave it out.",
    ],
  ] as const) {
    if (isAsked) yield { path: `${path}.includedSharePercent`, code: 'contradiction', message, fix };
  }
}
