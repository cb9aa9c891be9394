// Money that goes back ends the share of the credits that it had bought: by a credit note, a refund or a lost dispute.
// Spent credits stay spent: only the unspent part of a purchase can be refunded, and what another hand gave back beyond it
// is a variance; what a dispute took beyond it is owed, where the plan says so.
import { dividedDown, dividedHalfUp, greater, lesser } from './amount.ts';
import { payWhatIsOwed } from './lot-opening.ts';
import { byDrawOrder, remaining } from './lot.ts';
import { beginEntry, type LotState, type Moment, moveBetween, moveStock, type PoolBook } from './pool-book.ts';

/** A lot as credit notes see it. Credits in micro-credits, money in minor units without tax. */
export interface SoldLot {
  readonly granted: bigint;
  readonly paidMinor: bigint;
  /** Neither drawn, held nor ended. */
  readonly unspent: bigint;
  readonly clawedBack: bigint;
}

/** What of the lot's price may still be given back: all but what was earned with its spent credits, and earlier notes. */
export function refundableMinor({ granted, paidMinor, unspent, clawedBack }: SoldLot, notedMinor: bigint): bigint {
  const earned = dividedHalfUp(paidMinor * (granted - unspent - clawedBack), granted);
  return greater(0n, paidMinor - earned - notedMinor);
}

/** Credits that end with the next `netMinor` given back, after `notedMinor`: its share, and never more than is unspent. */
export function creditsPaidBack(lot: SoldLot, netMinor: bigint, notedMinor: bigint): bigint {
  if (netMinor <= 0n || lot.paidMinor === 0n) return 0n;
  // The last of the price takes the rest of the credits, whatever rounding left.
  if (netMinor >= refundableMinor(lot, notedMinor)) return lot.unspent;
  return lesser(lot.unspent, greater(0n, creditsOf(lot, notedMinor + netMinor) - lot.clawedBack));
}

/** Credits that a sum of the lot's price bought, rounded down. */
export function creditsOf({ granted, paidMinor }: Pick<SoldLot, 'granted' | 'paidMinor'>, netMinor: bigint): bigint {
  return paidMinor === 0n ? 0n : lesser(granted, dividedDown(netMinor * granted, paidMinor));
}

/** Credits that ended for money which is not given back after all; less than a minor unit's worth is rounding. */
export function creditsToReturn(lot: SoldLot, givenMinor: bigint): bigint {
  if (lot.paidMinor === 0n) return 0n;
  const over = lot.clawedBack - creditsOf(lot, givenMinor);
  return over * lot.paidMinor >= lot.granted ? over : 0n;
}

export interface ClawbackCause {
  readonly sourceType: 'stripe_credit_note' | 'stripe_refund' | 'stripe_dispute' | 'stripe_invoice';
  /** Names the cause and the line; once per cause, line and what had ended before. */
  readonly sourceId: string;
  readonly reason: string;
  readonly at: Date;
  readonly stripe: Readonly<Record<string, string>>;
}

const CLAWED_BACK = { account: 'clawed_back', counter: 'ended' } as const;

/** Ends credits of a lot because their money went back: what a dispute froze of them first. */
export function clawBack(
  book: PoolBook,
  lot: LotState,
  amount: bigint,
  cause: ClawbackCause,
  { now, newId }: Moment,
): void {
  if (amount <= 0n) return;
  const { lotId } = lot;
  const frozen = lesser(amount, lot.frozen);
  if (amount - frozen > remaining(lot)) throw new Error(`lot ${lotId} has less than ${amount} left to claw back`);
  const { at, ...source } = cause;
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'lot.clawed_back',
    effectiveAt: at < now ? at : now,
    actor: 'stripe',
    ...source,
  });
  if (frozen > 0n) {
    moveStock(book, entry, { lotId, amount: frozen, from: { account: 'frozen', counter: 'frozen' }, to: CLAWED_BACK });
  }
  if (amount > frozen) {
    const from = { account: 'available', counter: null } as const;
    moveStock(book, entry, { lotId, amount: amount - frozen, from, to: CLAWED_BACK });
  }
  book.changes.trueUpCause = entry.entryId;
}

/** The money did not go back after all: the credits stand again, and may have ended by themselves meanwhile. */
export function returnClawedBack(book: PoolBook, lot: LotState, amount: bigint, reason: string, moment: Moment): void {
  if (amount <= 0n) return;
  const entryId = moment.newId();
  const entry = beginEntry(book, {
    entryId,
    kind: 'lot.returned',
    effectiveAt: moment.now,
    actor: 'stripe',
    reason,
    sourceType: 'lot',
    sourceId: `${lot.lotId}/${entryId}`,
  });
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: CLAWED_BACK,
    to: { account: 'available', counter: null },
  });
  book.changes.trueUpCause = entryId;
  payWhatIsOwed(book, lot, entry, moment);
}

/** Credits that were spent before their payment was lost are owed: what the pool has pays them, then the next credits. */
export function oweSpent(
  book: PoolBook,
  amount: bigint,
  cause: Omit<ClawbackCause, 'at'> & { readonly at: Date },
  moment: Moment,
): void {
  if (amount <= 0n) return;
  const { at, ...source } = cause;
  const entry = beginEntry(book, {
    entryId: moment.newId(),
    kind: 'debt.clawed_back',
    effectiveAt: at < moment.now ? at : moment.now,
    actor: 'stripe',
    ...source,
  });
  moveBetween(book, entry, { account: 'debt' }, { account: 'clawed_back' }, amount);
  book.debt += amount;
  book.shortfall.clawedDebt += amount;
  for (const lot of [...book.lots.values()].toSorted(byDrawOrder)) payWhatIsOwed(book, lot, entry, moment);
}

/** The dispute was won after all: what is still owed of it is owed no longer. */
export function forgiveSpent(
  book: PoolBook,
  amount: bigint,
  cause: Omit<ClawbackCause, 'at'>,
  { now, newId }: Moment,
): void {
  const left = lesser(amount, book.shortfall.clawedDebt);
  if (left <= 0n) return;
  const entry = beginEntry(book, {
    entryId: newId(),
    kind: 'debt.forgiven',
    effectiveAt: now,
    actor: 'stripe',
    ...cause,
  });
  moveBetween(book, entry, { account: 'clawed_back' }, { account: 'debt' }, left);
  book.debt -= left;
  book.shortfall.clawedDebt -= left;
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
