// A difference that an entry puts right: two accounts of the money book, an amount, and who may post it alone. Credits are
// put right by cases, because lots and grants have to follow them.
import type { MoneyAccountKind } from './account.ts';
import type { ApprovalRules } from './approval.ts';
import { minorPlaces, shownMoney } from './currency.ts';
import type { CustomerKey } from './customer.ts';
import type { Draft } from './entries-invoice.ts';
import { moved } from './money-postings.ts';
import { refuse, type Refused } from './rejection.ts';

/** waiting: for a second person. void: the variance is not what was agreed to, or another request came after it. */
export const CORRECTION_STATES = ['waiting', 'posted', 'refused', 'void'] as const;
export type CorrectionState = (typeof CORRECTION_STATES)[number];

/** The entry that somebody asks for. */
export interface WantedCorrection {
  readonly debit: MoneyAccountKind;
  readonly credit: MoneyAccountKind;
  readonly currency: string;
  readonly amountMinor: bigint;
  /** Null: when it is posted. Otherwise in an open month, and not in the future. */
  readonly effectiveAt: Date | null;
  readonly note: string;
  /** A file of the variance (`evidence_…`), a ticket or an address. */
  readonly evidence: string;
}

export interface CorrectionLimit {
  readonly name: 'money_item' | 'money_day';
  readonly sentence: string;
}

export interface Correction extends CustomerKey, WantedCorrection {
  readonly correctionId: string;
  readonly varianceId: string;
  readonly state: CorrectionState;
  /** Of the entry and of the variance as they were looked at. */
  readonly payloadHash: string;
  readonly limits: readonly CorrectionLimit[];
  readonly requester: string;
  readonly requestedAt: Date;
  /** From then on nobody can approve it any more. */
  readonly lapsesAt: Date;
  readonly approval: 'within_limits' | 'approved' | 'single_operator' | null;
  readonly approver: string | null;
  readonly decidedAt: Date | null;
  readonly comment: string | null;
  readonly entryId: string | null;
}

/** Why this entry cannot correct a variance that counts in `unit`; null when it can. */
export function refusedCorrection(
  { debit, credit, currency }: WantedCorrection,
  variance: { readonly unit: string | null; readonly isOfNobody: boolean },
): Refused | null {
  if (variance.isOfNobody) {
    return refuse('not_correctable', 'this variance belongs to no customer, so no entry can correct it; explain it');
  }
  if (variance.unit?.startsWith('micro-') === true) {
    return refuse(
      'not_correctable',
      'this variance is in credits: a case puts them right (restore, grant or take back), so that lots and grants follow',
    );
  }
  if (minorPlaces(currency) === null)
    return refuse('invalid_request', `${currency} is no currency that Stripe knows`, { param: 'currency' });
  if (variance.unit !== null && minorPlaces(variance.unit) !== null && variance.unit !== currency) {
    return refuse('invalid_request', `the variance is in ${variance.unit}, the entry in ${currency}`, {
      param: 'currency',
    });
  }
  if (debit === credit)
    return refuse('invalid_request', `${debit} cannot be debited and credited at once`, { param: 'credit' });
  return null;
}

/** The limits that ask for a second person; money that one person corrected alone in 24 hours counts with it. */
export function exceededByCorrection(
  rules: ApprovalRules,
  { amountMinor, currency }: { readonly amountMinor: bigint; readonly currency: string },
  dayMinor: bigint,
): readonly CorrectionLimit[] {
  const most = rules.money[currency] ?? { itemMinor: 0n, dayMinor: 0n };
  const limits: CorrectionLimit[] = [];
  const sentence = (minor: bigint, of: bigint, when: string): string =>
    `${shownMoney(minor, currency)}${when} is more than the ${shownMoney(of, currency)} that one person may correct alone`;
  if (amountMinor > most.itemMinor)
    limits.push({ name: 'money_item', sentence: sentence(amountMinor, most.itemMinor, '') });
  const day = dayMinor + amountMinor;
  if (day > most.dayMinor) limits.push({ name: 'money_day', sentence: sentence(day, most.dayMinor, ' in 24 hours') });
  return limits;
}

/**
 * The entry of a correction: `credit` → `debit`. It names the object that the variance is about (the last word of its
 * subject), so that a clearing account's open amount is closed with it.
 */
export function correctionPosted(
  correction: Correction,
  { subject, actor, at }: { readonly subject: string; readonly actor: string; readonly at: Date },
): Draft {
  const { correctionId, debit, credit, currency, amountMinor, effectiveAt, note } = correction;
  return {
    kind: 'variance.corrected',
    effectiveAt: effectiveAt ?? at,
    actor,
    reason: note,
    sourceType: 'variance',
    sourceId: `${subject.split(' ').at(-1) ?? ''}/${correctionId}`,
    postings: moved(credit, debit, amountMinor, currency),
  };
}
