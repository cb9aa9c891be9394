// Clearing accounts return to zero: each holds money between two events, of which the second is still to come. What is
// open is listed object by object with its age, with what has to happen, and who does it.
import type { Draft } from './entries-invoice.ts';
import { moved } from './money-postings.ts';
import { refuse, type Refused } from './rejection.ts';

export const CLEARING_ACCOUNTS = ['refund_clearing', 'out_of_band_clearing', 'disputed'] as const;
export type ClearingAccount = (typeof CLEARING_ACCOUNTS)[number];

/** What an open amount waits for. */
export type ClearingKind =
  | 'refund_under_way'
  | 'refund_failed'
  | 'refund_without_note'
  | 'disputed'
  | 'out_of_band'
  | 'unexplained';

export interface ClearingItem {
  readonly account: ClearingAccount;
  readonly currency: string;
  /** The Stripe object that left it open; the account itself where no object of ours did. */
  readonly object: string;
  readonly kind: ClearingKind;
  /** Positive: money is gone or to come; negative: it is owed. Minor units. */
  readonly balanceMinor: bigint;
  readonly since: Date;
}

/** An item with whose it is, its age, and what it means. */
export interface OpenClearing extends ClearingItem {
  readonly customerId: string;
  readonly days: number;
  readonly what: string;
  readonly toDo: string;
}

/** Each in a sentence, and what closes it. */
export const CLEARING_WORDS: Readonly<Record<ClearingKind, { readonly what: string; readonly toDo: string }>> = {
  refund_under_way: {
    what: 'A credit note promised a refund that Stripe has not reported as paid out.',
    toDo: 'Nothing for ten days; then look at the refund at Stripe.',
  },
  refund_failed: {
    what: 'A refund failed: the money came back and is owed to the customer still.',
    toDo: 'Pay it by another way and settle it here, or refund it again at Stripe.',
  },
  refund_without_note: {
    what: 'A refund left without a credit note: the invoice still says that all of it is paid.',
    toDo: 'Issue a credit note that names the refund, so that tax and revenue follow.',
  },
  disputed: {
    what: 'A bank took a payment back and has not decided.',
    toDo: 'Send evidence at Stripe before it is due; the decision closes it.',
  },
  out_of_band: {
    what: 'Money came or went by another way than Stripe.',
    toDo: 'Find it on the bank statement and settle it here.',
  },
  unexplained: {
    what: 'No refund, note, payment or dispute explains this balance.',
    toDo: 'Read the entries of the account (creditpool explain entry) and correct by an entry.',
  },
};

/** Which of them a person may close by saying that the company's own bank account has paid or received it. */
export function toSettle(items: readonly ClearingItem[], object: string): { readonly item: ClearingItem } | Refused {
  const item = items.find((open) => open.object === object);
  if (item === undefined) return refuse('nothing_to_do', `nothing of ${object} is open in a clearing account`);
  if (item.kind === 'refund_failed' || item.kind === 'out_of_band') return { item };
  return refuse('nothing_to_do', `${CLEARING_WORDS[item.kind].what} ${CLEARING_WORDS[item.kind].toDo}`);
}

/** The company's own bank account paid or received it: the open amount is closed. */
export function clearingSettled(
  item: ClearingItem,
  { actor, reason, at, settlementId }: { actor: string; reason: string; at: Date; settlementId: string },
): Draft {
  return {
    kind: 'clearing.settled',
    effectiveAt: at,
    actor,
    reason,
    sourceType: 'clearing',
    sourceId: `${item.object}/${settlementId}`,
    postings: moved(item.account, 'bank', item.balanceMinor, item.currency),
  };
}
