// A credit note on bought credits ends the share of the lot that it paid back. Spent credits stay spent: only the unspent
// part of a purchase can be refunded, and what a note by another hand gave back beyond it is a variance.
import { dividedDown, dividedHalfUp, greater, lesser } from './amount.ts';
import { remaining } from './lot.ts';
import { beginEntry, type LotState, type Moment, moveStock, type PoolBook } from './pool-book.ts';

/** A lot as credit notes see it. Credits in micro-credits, money in minor units without tax. */
export interface SoldLot {
  readonly granted: bigint;
  readonly paidMinor: bigint;
  /** Neither drawn, held, frozen nor ended. */
  readonly unspent: bigint;
  readonly clawedBack: bigint;
}

/** What of the lot's price may still be given back: all but what was earned with its spent credits, and earlier notes. */
export function refundableMinor({ granted, paidMinor, unspent, clawedBack }: SoldLot, notedMinor: bigint): bigint {
  const earned = dividedHalfUp(paidMinor * (granted - unspent - clawedBack), granted);
  return greater(0n, paidMinor - earned - notedMinor);
}

/** Credits that end with a note of `netMinor` on this lot: its share of the price, and never more than is unspent. */
export function creditsPaidBack(lot: SoldLot, netMinor: bigint, notedMinor: bigint): bigint {
  if (netMinor <= 0n || lot.paidMinor === 0n) return 0n;
  // The last of the price takes the rest of the credits, whatever rounding left.
  if (netMinor >= refundableMinor(lot, notedMinor)) return lot.unspent;
  return lesser(lot.unspent, dividedDown(netMinor * lot.granted, lot.paidMinor));
}

export interface ClawbackCause {
  readonly creditNoteId: string;
  readonly invoiceId: string;
  readonly invoiceLineId: string;
  readonly at: Date;
}

/** Ends credits of a lot because a credit note paid them back; once per note and line. */
export function clawBack(
  book: PoolBook,
  lot: LotState,
  amount: bigint,
  { creditNoteId, invoiceId, invoiceLineId, at }: ClawbackCause,
  { now, newId }: Moment,
): void {
  if (amount <= 0n) return;
  if (amount > remaining(lot)) throw new Error(`lot ${lot.lotId} has less than ${amount} left to claw back`);
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'lot.clawed_back',
    effectiveAt: at < now ? at : now,
    actor: 'stripe',
    reason: `credit note ${creditNoteId}`,
    sourceType: 'stripe_credit_note',
    sourceId: `${creditNoteId}/${invoiceLineId}`,
    stripe: { credit_note: creditNoteId, invoice: invoiceId, line: invoiceLineId },
  });
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'available', counter: null },
    to: { account: 'clawed_back', counter: 'ended' },
  });
  book.changes.trueUpCause = entry.entryId;
}

/** Ends what is unspent of a lot that was given by mistake; once per case. Answers how much that was. */
export function takeBack(
  book: PoolBook,
  lot: LotState,
  { caseId, actor, reason }: { readonly caseId: string; readonly actor: string; readonly reason: string },
  { now, newId }: Moment,
): bigint {
  const amount = remaining(lot);
  if (amount <= 0n) return 0n;
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'lot.clawed_back',
    effectiveAt: now,
    actor,
    reason,
    sourceType: 'case',
    sourceId: caseId,
  });
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'available', counter: null },
    to: { account: 'clawed_back', counter: 'ended' },
  });
  book.changes.trueUpCause = entry.entryId;
  return amount;
}
