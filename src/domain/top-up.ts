// Buying a pack by itself: only with a consent, below the balance that the plan names, one at a time, after its
// cool-down, inside the lower of the plan's and the customer's cap of a calendar month (UTC).
import { lesser, parseCredits } from './amount.ts';
import type { TopUpRule } from './catalogue.ts';

export interface TopUpFacts {
  readonly consent: {
    readonly consentId: string;
    readonly monthlyCapMinor: bigint | null;
    readonly isPaused: boolean;
  } | null;
  /** Wanted and not paid, or paid and its credits not open yet. */
  readonly isUnderWay: boolean;
  readonly lastWantedAt: Date | null;
  /** What this month's top-ups cost, those under way included. */
  readonly spentMinor: bigint;
}

export type TopUpAnswer = 'due' | 'enough' | 'no consent' | 'paused' | 'under way' | 'cooling down' | 'monthly cap';

/** Whether a pack of that price is to be bought now, or why not. */
export function topUpDue(
  rule: TopUpRule,
  facts: TopUpFacts,
  { available, amountMinor, now }: { readonly available: bigint; readonly amountMinor: bigint; readonly now: Date },
): TopUpAnswer {
  if (!isBelow(rule, available)) return 'enough';
  const { consent, isUnderWay, lastWantedAt, spentMinor } = facts;
  if (consent === null) return 'no consent';
  if (consent.isPaused) return 'paused';
  if (isUnderWay) return 'under way';
  if (lastWantedAt !== null && now.getTime() - lastWantedAt.getTime() < rule.coolDownMinutes * 60_000)
    return 'cooling down';
  const planCap = BigInt(rule.monthlyCapMinor);
  const cap = consent.monthlyCapMinor === null ? planCap : lesser(planCap, consent.monthlyCapMinor);
  return spentMinor + amountMinor > cap ? 'monthly cap' : 'due';
}

/** Whether the balance has fallen below what the rule names. */
export function isBelow({ below }: TopUpRule, available: bigint): boolean {
  const limit = parseCredits(below);
  if (limit === null) throw new Error(`topUp.below ${below} is no amount of credits`);
  return available < limit;
}

export function monthStart(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
}
