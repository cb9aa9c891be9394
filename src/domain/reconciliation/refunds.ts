// Money that left again: refunds and disputes against Stripe, what stands open because of them, and the books' customer
// balance against the mirrored one.
import type { ClearingItem } from '../clearing.ts';
import { amountDiffers, type Comparison, type Difference, factDiffers, paired } from '../reconciliation.ts';
import type { DisputeThere, RefundThere } from '../statement.ts';
import type { VarianceKindName } from '../variance-kinds.ts';

export interface RefundHere extends RefundThere {
  /** Stands in the books as it should. */
  readonly isPosted: boolean;
}

export interface DisputeHere extends DisputeThere {
  /** Cash that the books say it moved, in Stripe's sign. */
  readonly postedMinor: bigint;
}

export interface MoneyBackHere {
  readonly refunds: readonly RefundHere[];
  readonly disputes: readonly DisputeHere[];
  readonly clearing: readonly ClearingItem[];
  /** By currency: what the books say, and what is mirrored; negative is the customer's credit. */
  readonly balances: readonly { readonly currency: string; readonly posted: bigint; readonly mirrored: bigint }[];
}

export interface MoneyBackThere {
  readonly refunds: readonly RefundThere[];
  readonly disputes: readonly DisputeThere[];
}

/** `waiting`: ids of objects that an event in the inbox is about; `isBehind`: one is about the customer or his documents. */
export function compareMoneyBack(
  here: MoneyBackHere,
  there: MoneyBackThere,
  { waiting, isBehind }: { readonly waiting: ReadonlySet<string>; readonly isBehind: boolean },
): Comparison {
  const differences = [
    ...pairsDiffer(REFUNDS, here.refunds, there.refunds, waiting),
    ...pairsDiffer(DISPUTES, here.disputes, there.disputes, waiting),
    ...here.clearing.flatMap(nobodysMoney),
    ...here.balances
      .filter(({ posted, mirrored }) => posted !== mirrored)
      .map(({ currency, posted, mirrored }) => {
        const amounts = { ours: posted, theirs: mirrored, unit: currency };
        return isBehind
          ? amountDiffers('money_back_behind', `balance ${currency}`, amounts, IN_THE_INBOX)
          : amountDiffers('balance_unposted', currency, amounts);
      }),
  ];
  return { compared: there.refunds.length + there.disputes.length + here.balances.length, differences };
}

const IN_THE_INBOX = 'An event about it waits in the inbox.';

interface Family<Here extends There, There> {
  readonly idOf: (item: There) => string;
  /** What must be the same on both sides. */
  readonly shown: (item: There) => string;
  readonly isPosted: (item: Here) => boolean;
  readonly unmirrored: VarianceKindName;
  readonly missing: VarianceKindName;
  readonly stale: VarianceKindName;
}

const REFUNDS: Family<RefundHere, RefundThere> = {
  idOf: ({ refundId }) => refundId,
  shown: ({ status, amountMinor, currency }) => `${status} ${amountMinor} ${currency}`,
  isPosted: ({ isPosted }) => isPosted,
  unmirrored: 'refund_unmirrored',
  missing: 'refund_missing_there',
  stale: 'refund_stale',
};

const DISPUTES: Family<DisputeHere, DisputeThere> = {
  idOf: ({ disputeId }) => disputeId,
  shown: ({ status, amountMinor, movedMinor, feeMinor, currency }) =>
    `${status} ${amountMinor} ${currency}, moved ${movedMinor}, fee ${feeMinor}`,
  isPosted: ({ movedMinor, postedMinor }) => movedMinor === postedMinor,
  unmirrored: 'dispute_unmirrored',
  missing: 'dispute_missing_there',
  stale: 'dispute_stale',
};

function pairsDiffer<Here extends There, There>(
  family: Family<Here, There>,
  ours: readonly Here[],
  theirs: readonly There[],
  waiting: ReadonlySet<string>,
): readonly Difference[] {
  const { idOf, shown } = family;
  const { both, onlyOurs, onlyTheirs } = paired(ours, theirs, idOf, idOf);
  const differs = (kind: VarianceKindName, object: string, facts: { ours: string | null; theirs: string | null }) =>
    waiting.has(object)
      ? factDiffers('money_back_behind', object, facts, IN_THE_INBOX)
      : factDiffers(kind, object, facts);
  return [
    ...both.flatMap(([here, there]) => {
      if (shown(here) === shown(there) && family.isPosted(here)) return [];
      const unposted = family.isPosted(here) ? '' : ', not as the books have it';
      return [differs(family.stale, idOf(here), { ours: `${shown(here)}${unposted}`, theirs: shown(there) })];
    }),
    ...onlyOurs.map((here) => factDiffers(family.missing, idOf(here), { ours: shown(here), theirs: null })),
    ...onlyTheirs.map((there) => differs(family.unmirrored, idOf(there), { ours: null, theirs: shown(there) })),
  ];
}

/** What waits for a person is no matter of time. */
function nobodysMoney({ kind, object, balanceMinor, currency }: ClearingItem): readonly Difference[] {
  if (kind !== 'refund_failed' && kind !== 'refund_without_note') return [];
  return [amountDiffers(kind, object, { ours: balanceMinor, theirs: 0n, unit: currency })];
}
