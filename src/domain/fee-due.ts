// When the fee of a period is due, and what of its credits waits for it.
import { nextBoundary } from './billing-period.ts';
import type { Subscription } from './pool-book.ts';
import type { PlanTerms } from './terms.ts';

const DAY_MS = 86_400_000;

/** Whether a renewal's credits wait until its fee is paid. */
export function waitsForFee(terms: PlanTerms): boolean {
  return terms.policy.unpaid === 'on_paid' && terms.baseAmountMinor > 0n;
}

/** When the included credits of a renewal freeze; null where its fee is not due at its start, or the plan freezes nothing. */
export function freezesAt(terms: PlanTerms, { anchor }: Subscription, startsAt: Date): Date | null {
  const { unpaid } = terms.policy;
  if (typeof unpaid !== 'object' || terms.baseAmountMinor === 0n) return null;
  const feeIsDue = nextBoundary(anchor, terms.feeInterval, new Date(startsAt.getTime() - 1)).getTime();
  return feeIsDue === startsAt.getTime() ? new Date(startsAt.getTime() + unpaid.freezeAfterDays * DAY_MS) : null;
}
