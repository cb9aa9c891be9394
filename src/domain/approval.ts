// When a second person is needed, and who that may be. Small amounts are given on one's own authority, but many small
// ones count like a large one: the limits hold for one case and for the last 24 hours, goodwill for the month, too.
import { formatCredits } from './amount.ts';
import type { CaseKind } from './case.ts';
import { shownMoney } from './currency.ts';
import { refuse, type Refused } from './rejection.ts';

/** An approval lapses when this long has gone by since the case was submitted. */
export const APPROVAL_MS = 72 * 3_600_000;
/** The window of the daily limits. */
export const DAY_MS = 24 * 3_600_000;
/** Goodwill may be undone for so long, while nothing of it is spent. */
export const UNDO_MS = 15 * 60_000;

export interface MoneyLimit {
  readonly itemMinor: bigint;
  readonly dayMinor: bigint;
}

export interface ApprovalRules {
  readonly version: number;
  /** `single_operator`: one person may release what he asked for himself; it is logged and shown. */
  readonly approvals: 'two_people' | 'single_operator';
  /** Micro-credits that one case, and all of 24 hours, may give back without a second person. */
  readonly creditsItem: bigint;
  readonly creditsDay: bigint;
  /** Goodwill of one person in one calendar month (UTC), micro-credits. */
  readonly goodwillMonth: bigint;
  /** By currency; one that is absent always needs a second person. */
  readonly money: Readonly<Record<string, MoneyLimit>>;
}

/** What a case gives away. Money in minor units with tax. */
export interface Given {
  readonly kind: CaseKind;
  readonly creditsMicro: bigint;
  readonly moneyMinor: bigint;
  readonly currency: string | null;
}

/** What the same person gave on his own authority before. */
export interface GivenBefore {
  /** In the last 24 hours; money in the currency of the case. */
  readonly dayMicro: bigint;
  readonly dayMinor: bigint;
  /** Goodwill of this calendar month. */
  readonly goodwillMicro: bigint;
}

export interface Limit {
  readonly name: 'credits_item' | 'credits_day' | 'money_item' | 'money_day' | 'goodwill_month';
  readonly sentence: string;
}

/** The limits that a case exceeds; none: its requester may release it himself. */
export function exceededLimits(rules: ApprovalRules, given: Given, before: GivenBefore): readonly Limit[] {
  const { creditsMicro, moneyMinor } = given;
  const credits = formatCredits;
  const limits: Limit[] = [];
  const over = (name: Limit['name'], total: bigint, most: bigint, sentence: string): void => {
    if (total > most) limits.push({ name, sentence });
  };
  if (creditsMicro > 0n) {
    over(
      'credits_item',
      creditsMicro,
      rules.creditsItem,
      `${credits(creditsMicro)} credits are more than the ${credits(rules.creditsItem)} that one person may give in one case`,
    );
    const day = before.dayMicro + creditsMicro;
    over(
      'credits_day',
      day,
      rules.creditsDay,
      `${credits(day)} credits in 24 hours are more than the ${credits(rules.creditsDay)} that one person may give`,
    );
    if (given.kind === 'goodwill') {
      const month = before.goodwillMicro + creditsMicro;
      const left = rules.goodwillMonth - before.goodwillMicro;
      over(
        'goodwill_month',
        month,
        rules.goodwillMonth,
        `${credits(creditsMicro)} credits are more than the ${credits(left > 0n ? left : 0n)} that are left of this month's goodwill budget`,
      );
    }
  }
  if (moneyMinor > 0n) limits.push(...exceededMoney(rules, given, before));
  return limits;
}

function exceededMoney(rules: ApprovalRules, { moneyMinor, currency }: Given, before: GivenBefore): readonly Limit[] {
  const most = rules.money[currency ?? ''] ?? { itemMinor: 0n, dayMinor: 0n };
  const money = (minor: bigint): string => shownMoney(minor, currency ?? '');
  const day = before.dayMinor + moneyMinor;
  const limits: Limit[] = [];
  if (moneyMinor > most.itemMinor) {
    const sentence = `${money(moneyMinor)} is more than the ${money(most.itemMinor)} that one person may give in one case`;
    limits.push({ name: 'money_item', sentence });
  }
  if (day > most.dayMinor) {
    const sentence = `${money(day)} in 24 hours is more than the ${money(most.dayMinor)} that one person may give`;
    limits.push({ name: 'money_day', sentence });
  }
  return limits;
}

export interface AskedFor {
  readonly openedBy: string;
  readonly requester: string;
}

/** Why this person may not approve it; null when he may. By subject: roles that came or went do not matter. */
export function refusedApprover({ openedBy, requester }: AskedFor, approver: string): Refused | null {
  if (approver !== requester && approver !== openedBy) return null;
  return refuse(
    'own_request',
    'You opened or submitted this case, so somebody else has to approve it. An owner can break the glass, with a reason.',
  );
}

/** The first instant of the calendar month, UTC. */
export function monthOf(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1));
}
