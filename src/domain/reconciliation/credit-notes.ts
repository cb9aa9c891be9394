// Credit notes and the customer balance: the mirror against Stripe, what was asked for here, and the balance as a sum.
import {
  amountDiffers,
  type Comparison,
  type Difference,
  factDiffers,
  MESSAGE_LAG_MS,
  paired,
} from '../reconciliation.ts';
import type { BalanceMovementThere, CreditNoteThere, CustomerThere } from '../statement.ts';

export interface CreditNoteHere {
  readonly creditNoteId: string;
  readonly status: string;
  readonly currency: string;
  readonly totalMinor: bigint;
  readonly prePaymentMinor: bigint;
  readonly postPaymentMinor: bigint;
  readonly isPosted: boolean;
}

/** What notes on a line that bought credits paid back, and what of the lot ended for it; micro-credits. */
export interface PaidBackCredits {
  readonly invoiceLineId: string;
  readonly unit: string;
  readonly paidBackMicro: bigint;
  readonly clawedBackMicro: bigint;
  /** Micro-credits that one minor unit bought: what rounding can leave. */
  readonly perMinorMicro: bigint;
}

/** A credit note that was asked for here and that Stripe has not confirmed. */
export interface RequestedNote {
  readonly creditNoteRequestId: string;
  readonly ageMs: number;
}

export interface CreditNotesHere {
  readonly stripeCustomerId: string;
  readonly notes: readonly CreditNoteHere[];
  readonly requested: readonly RequestedNote[];
  readonly paidBack: readonly PaidBackCredits[];
  readonly balanceMovements: readonly BalanceMovementThere[];
  /** Customer balance as it was mirrored last; negative is the customer's credit. */
  readonly balanceMinor: bigint;
}

export interface CreditNotesThere {
  readonly customer: CustomerThere | null;
  readonly notes: readonly CreditNoteThere[];
  readonly balanceMovements: readonly BalanceMovementThere[];
}

/** `waiting`: ids of objects that an event in the inbox is about. */
export function compareCreditNotes(
  here: CreditNotesHere,
  there: CreditNotesThere,
  waiting: ReadonlySet<string>,
): Comparison {
  // The customer balance has no events of its own: it comes with the customer's, or with the note's.
  const isBehind =
    waiting.has(here.stripeCustomerId) || there.notes.some(({ creditNoteId }) => waiting.has(creditNoteId));
  const differences = [
    ...notesDiffer(here.notes, there.notes, waiting),
    ...twins(there.notes),
    ...here.requested.map(requestDiffers),
    ...here.paidBack.flatMap(paidBackDiffers),
    ...balanceMovementsDiffer(here.balanceMovements, there.balanceMovements, isBehind),
    ...(there.customer === null ? [] : balanceDiffers(here, there.customer, there.balanceMovements, isBehind)),
  ];
  return { compared: there.notes.length + there.balanceMovements.length + 1, differences };
}

function notesDiffer(
  ours: readonly CreditNoteHere[],
  theirs: readonly CreditNoteThere[],
  waiting: ReadonlySet<string>,
): readonly Difference[] {
  const { both, onlyOurs, onlyTheirs } = paired(
    ours,
    theirs,
    ({ creditNoteId }) => creditNoteId,
    ({ creditNoteId }) => creditNoteId,
  );
  return [
    ...both.flatMap(([here, there]) => noteDiffers(here, there)),
    ...both
      .filter(([here]) => !here.isPosted)
      .map(([here]) =>
        factDiffers('credit_note_unposted', here.creditNoteId, { ours: 'no entry', theirs: here.status }),
      ),
    ...both.filter(([, there]) => there.key === null && there.status !== 'void').map(([, there]) => foreign(there)),
    ...onlyOurs.map(({ creditNoteId, status }) =>
      factDiffers('credit_note_missing_there', creditNoteId, { ours: status, theirs: null }),
    ),
    ...onlyTheirs.map((note) => unmirrored(note, waiting)),
  ];
}

function foreign({ creditNoteId, totalMinor, currency }: CreditNoteThere): Difference {
  const facts = { ours: null, theirs: `${totalMinor} ${currency}` };
  return factDiffers('credit_note_foreign', creditNoteId, facts, 'It is posted by its own lines: the books agree.');
}

function unmirrored(
  { creditNoteId, totalMinor, currency, key }: CreditNoteThere,
  waiting: ReadonlySet<string>,
): Difference {
  const facts = { ours: null, theirs: `${totalMinor} ${currency}${key === null ? ', by another hand' : ''}` };
  return waiting.has(creditNoteId)
    ? factDiffers('credit_note_in_flight', creditNoteId, facts, IN_THE_INBOX)
    : factDiffers('credit_note_unmirrored', creditNoteId, facts);
}

function noteDiffers(here: CreditNoteHere, there: CreditNoteThere): readonly Difference[] {
  const object = here.creditNoteId;
  if (here.currency !== there.currency) {
    return [factDiffers('credit_note_currency', object, { ours: here.currency, theirs: there.currency })];
  }
  const split = ({ status, prePaymentMinor, postPaymentMinor }: CreditNoteHere | CreditNoteThere): string =>
    `${status} ${prePaymentMinor} ${postPaymentMinor}`;
  if (here.totalMinor === there.totalMinor && split(here) === split(there)) return [];
  const amounts = { ours: here.totalMinor, theirs: there.totalMinor, unit: there.currency };
  return [
    {
      ...amountDiffers('credit_note_amount', object, amounts),
      ours: `${here.totalMinor} ${split(here)}`,
      theirs: `${there.totalMinor} ${split(there)}`,
    },
  ];
}

function twins(theirs: readonly CreditNoteThere[]): readonly Difference[] {
  const byKey = Map.groupBy(
    theirs.filter(({ key, status }) => key !== null && status !== 'void'),
    ({ key }) => key,
  );
  return [...byKey.values()].flatMap(([first, ...others]) =>
    others.map(({ creditNoteId }) =>
      factDiffers('credit_note_twice', creditNoteId, { ours: String(first?.creditNoteId), theirs: creditNoteId }),
    ),
  );
}

function requestDiffers({ creditNoteRequestId, ageMs }: RequestedNote): Difference {
  const facts = { ours: 'asked for', theirs: null };
  if (ageMs > MESSAGE_LAG_MS) return factDiffers('credit_note_never_issued', creditNoteRequestId, facts);
  return factDiffers('credit_note_in_flight', creditNoteRequestId, facts, 'It was asked for less than an hour ago.');
}

/** Only what was unspent could be ended. */
function paidBackDiffers(credits: PaidBackCredits): readonly Difference[] {
  const { invoiceLineId, unit, paidBackMicro, clawedBackMicro, perMinorMicro } = credits;
  if (paidBackMicro - clawedBackMicro <= perMinorMicro) return [];
  const amounts = { ours: clawedBackMicro, theirs: paidBackMicro, unit: `micro ${unit}` };
  return [amountDiffers('credit_note_spent', invoiceLineId, amounts)];
}

const IN_THE_INBOX = 'An event about it waits in the inbox.';

function balanceMovementsDiffer(
  ours: readonly BalanceMovementThere[],
  theirs: readonly BalanceMovementThere[],
  isBehind: boolean,
): readonly Difference[] {
  const { both, onlyOurs, onlyTheirs } = paired(
    ours,
    theirs,
    ({ transactionId }) => transactionId,
    ({ transactionId }) => transactionId,
  );
  const shown = ({ amountMinor, currency }: BalanceMovementThere): string => `${amountMinor} ${currency}`;
  return [
    ...both
      .filter(([here, there]) => here.amountMinor !== there.amountMinor)
      .map(([here, there]) =>
        amountDiffers('balance_movement_amount', here.transactionId, {
          ours: here.amountMinor,
          theirs: there.amountMinor,
          unit: there.currency,
        }),
      ),
    ...onlyOurs.map((it) =>
      factDiffers('balance_movement_missing_there', it.transactionId, { ours: shown(it), theirs: null }),
    ),
    ...onlyTheirs.map((it) => {
      const facts = { ours: null, theirs: shown(it) };
      return isBehind
        ? factDiffers('balance_behind', it.transactionId, facts, IN_THE_INBOX)
        : factDiffers('balance_movement_missing_here', it.transactionId, facts);
    }),
  ];
}

function balanceDiffers(
  here: CreditNotesHere,
  customer: CustomerThere,
  movements: readonly BalanceMovementThere[],
  isBehind: boolean,
): readonly Difference[] {
  const unit = customer.currency ?? movements[0]?.currency ?? 'minor units';
  const moved = movements.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  const differences: Difference[] = [];
  if (moved !== customer.balanceMinor) {
    differences.push(
      amountDiffers('customer_balance', 'sum at Stripe', { ours: moved, theirs: customer.balanceMinor, unit }),
    );
  }
  if (here.balanceMinor !== customer.balanceMinor) {
    const amounts = { ours: here.balanceMinor, theirs: customer.balanceMinor, unit };
    differences.push(
      isBehind
        ? amountDiffers('balance_behind', 'mirrored', amounts, IN_THE_INBOX)
        : amountDiffers('customer_balance', 'mirrored', amounts),
    );
  }
  return differences;
}
