import { dividedHalfUp, lesser } from '../domain/amount.ts';
import { catchUp } from '../domain/catch-up.ts';
import {
  clawBack,
  creditsOf,
  creditsPaidBack,
  creditsToReturn,
  forgiveSpent,
  oweSpent,
  refundableMinor,
  returnClawedBack,
  type SoldLot,
} from '../domain/clawback.ts';
import type { UnspentPrice } from '../domain/credit-note-order.ts';
import { noteLineNet } from '../domain/credit-note.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { claimDisputed } from '../domain/disputed-credits.ts';
import { backByLine, type GivenBack, type SoldLine } from '../domain/given-back.ts';
import { remaining } from '../domain/lot.ts';
import { sum } from '../domain/money-postings.ts';
import { familyOf, type LotState, type Moment, type PoolBook, poolWithId } from '../domain/pool-book.ts';
import type { StoredNote } from '../storage/credit-notes.ts';
import type { Database, Transaction } from '../storage/database.ts';
import { type LotOfLine, lotsOfInvoice, moneyBack, owedForOthers, soldLines } from '../storage/given-back.ts';
import { entryExists } from '../storage/journal.ts';
import { type BoughtLot, boughtLots } from '../storage/lots.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { saveWatched, watch } from './watch-pools.ts';

/** What a lost dispute took of bought credits that nobody had spent: their price was never earned. */
export type UnearnedByDispute = ReadonlyMap<string, bigint>;

/**
 * Ends the credits whose money went back, by notes, refunds or lost disputes, returns those whose money did not go after
 * all, and freezes what open disputes claim; a second call changes nothing. In the caller's transaction, which holds the
 * customer's lock or has none of it to take later: pools are locked here.
 */
export async function clawBackCredits(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  customer: CustomerKey,
  invoiceId: string,
): Promise<UnearnedByDispute> {
  const unearned = new Map<string, bigint>();
  const lots = await lotsOfInvoice(trx, customer, invoiceId);
  if (lots.length === 0) return unearned;
  const { given, disputed } = await moneyBack(trx, customer, invoiceId);
  const lines = await soldLines(trx, customer, invoiceId);
  const lotIds = lots.map(({ lotId }) => lotId);
  const needs = { lotIds, allMembersOf: [customer.customerId] };
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, needs);
  const root = books.get(customer.customerId);
  if (root === undefined) throw new Error(`customer ${customer.customerId} has lots and no pool`);
  const moment = { now, newId: deps.newId };
  const before = watch([root], now);
  catchUp(root, moment);
  // First of all, or what returns would pay for it.
  const lost = given.filter(({ sourceType }) => sourceType === 'stripe_dispute').map(({ sourceId }) => sourceId);
  for (const { poolId, sourceId, amount, disputeId } of await owedForOthers(trx, customer, { invoiceId, lost })) {
    const stripe = { dispute: disputeId, invoice: invoiceId };
    const cause = { sourceType: 'stripe_dispute', sourceId, reason: `dispute ${disputeId} was won`, stripe } as const;
    forgiveSpent(poolWithId(root, poolId), amount, cause, moment);
  }
  for (const row of lots) {
    const book = familyOf(root).find((pool) => pool.lots.has(row.lotId));
    const lot = book?.lots.get(row.lotId);
    if (book === undefined || lot === undefined) continue;
    const share: Share = { row, lot, paidMinor: row.isBought ? lot.paidMinor : shareOfFee(row, lots, lines) };
    const causes = row.isBought ? given : given.filter((cause) => endsIncluded(root, cause));
    const clawedBack = await endGivenBack(
      { trx, customer, invoiceId, book, root, lines, unearned, moment },
      share,
      causes,
    );
    const after = { ...soldLot(lot, clawedBack), paidMinor: share.paidMinor };
    const backNow = backByLine(lines, causes).get(row.lineId) ?? 0n;
    returnClawedBack(book, lot, creditsToReturn(after, backNow), 'its money did not go back after all', moment);
    const claimed = (backByLine(lines, [...causes, ...disputed]).get(row.lineId) ?? 0n) - backNow;
    const isWhole = claimed > 0n && claimed >= share.paidMinor - backNow;
    claimDisputed(book, lot, isWhole ? lot.granted : creditsOf(after, claimed), moment);
  }
  await saveWatched(trx, root, before, moment);
  return unearned;
}

interface Share {
  readonly row: LotOfLine;
  readonly lot: LotState;
  /** What of the invoice paid for the lot, minor units without tax. */
  readonly paidMinor: bigint;
}

interface Settling {
  readonly trx: Transaction;
  readonly customer: CustomerKey;
  readonly invoiceId: string;
  readonly root: PoolBook;
  readonly book: PoolBook;
  readonly lines: readonly SoldLine[];
  readonly unearned: Map<string, bigint>;
  readonly moment: Moment;
}

/** One cause after the other, each with what the earlier ones left; answers what is clawed back of the lot by now. */
async function endGivenBack(to: Settling, share: Share, causes: readonly GivenBack[]): Promise<bigint> {
  const { trx, customer, invoiceId, book, root, lines, unearned, moment } = to;
  const { row, lot, paidMinor } = share;
  let clawedBack = row.clawedBack;
  let before = 0n;
  for (const [index, cause] of causes.entries()) {
    const after = backByLine(lines, causes.slice(0, index + 1)).get(row.lineId) ?? 0n;
    const sold = { ...soldLot(lot, clawedBack), paidMinor };
    const first = `${cause.sourceId}/${row.lineId}${row.isBought ? '' : `/${row.lotId}`}`;
    const isDone = await entryExists(trx, customer, cause.sourceType, first, 'lot.clawed_back');
    // Whatever rounding left of what it ended stays, however often we hear of it.
    const isCovered = isDone && creditsOf(sold, after) <= clawedBack;
    const amount = isCovered ? 0n : creditsPaidBack(sold, after - before, before);
    const source = {
      sourceType: cause.sourceType,
      reason: `${REASONS[cause.sourceType]} ${cause.sourceId}`,
      stripe: { [STRIPE_NAMES[cause.sourceType]]: cause.sourceId, invoice: invoiceId, line: row.lineId },
      at: cause.at,
    };
    clawBack(book, lot, amount, { ...source, sourceId: isDone ? `${first}/${clawedBack}` : first }, moment);
    if (cause.sourceType === 'stripe_dispute' && row.isBought) {
      const worth = lesser(after - before, refundableMinor(sold, before));
      if (amount > 0n) unearned.set(cause.sourceId, (unearned.get(cause.sourceId) ?? 0n) + worth);
      const spent = creditsOf(sold, after) - clawedBack - amount;
      const isOwed = root.terms?.policy.reversals.lostDispute === 'debt';
      const isNew = isOwed && !(await entryExists(trx, customer, cause.sourceType, first, 'debt.clawed_back'));
      if (isNew) oweSpent(book, spent, { ...source, sourceId: first }, moment);
    }
    clawedBack += amount;
    before = after;
  }
  return clawedBack;
}

const REASONS = { stripe_credit_note: 'credit note', stripe_refund: 'refund', stripe_dispute: 'lost dispute' } as const;
const STRIPE_NAMES = { stripe_credit_note: 'credit_note', stripe_refund: 'refund', stripe_dispute: 'dispute' } as const;

/** Included credits end with a fee that a bank took back, and with a fee that we gave back where the plan says so. */
function endsIncluded({ terms }: PoolBook, { sourceType }: GivenBack): boolean {
  return sourceType === 'stripe_dispute' || terms?.policy.reversals.creditedFee === 'claw_back';
}

/** A fee's money falls on the lots that came with it by their size. */
function shareOfFee(row: LotOfLine, lots: readonly LotOfLine[], lines: readonly SoldLine[]): bigint {
  const net = lines.find(({ lineId }) => lineId === row.lineId)?.netMinor ?? 0n;
  const granted = sum(lots.filter(({ lineId }) => lineId === row.lineId).map((lot) => lot.granted));
  return granted === 0n ? 0n : dividedHalfUp(net * row.granted, granted);
}

export interface UnspentPurchase extends UnspentPrice {
  readonly lot: SoldLot;
  readonly notedMinor: bigint;
}

/** What credit notes may still give back of each line of an invoice that bought credits; nothing is changed. */
export async function unspentPurchases(
  deps: Pick<Deps, 'newId' | 'settings'>,
  db: Database,
  customer: CustomerKey,
  invoiceId: string,
  notes: readonly StoredNote[],
): Promise<ReadonlyMap<string, UnspentPurchase>> {
  const bought = await boughtLots(db, customer, invoiceId);
  if (bought.length === 0) return new Map();
  const lotIds = bought.map(({ lotId }) => lotId);
  const { now, books } = await loadPoolBooks(db, [customer], deps.settings, { lotIds, readOnly: true });
  const book = books.get(customer.customerId);
  if (book !== undefined) catchUp(book, { now, newId: deps.newId });
  return new Map(bought.flatMap((one) => unspent(book, one, notes)));
}

function unspent(
  book: PoolBook | undefined,
  { lotId, lineId, clawedBack }: BoughtLot,
  notes: readonly StoredNote[],
): readonly (readonly [string, UnspentPurchase])[] {
  const state = book?.lots.get(lotId);
  if (state === undefined) return [];
  const lot = soldLot(state, clawedBack);
  const notedMinor = notedNet(
    notes.filter(({ status }) => status !== 'void'),
    lineId,
  );
  return [[lineId, { lot, notedMinor, paidMinor: lot.paidMinor, refundableMinor: refundableMinor(lot, notedMinor) }]];
}

function soldLot(lot: LotState, clawedBack: bigint): SoldLot {
  return { granted: lot.granted, paidMinor: lot.paidMinor, unspent: remaining(lot) + lot.frozen, clawedBack };
}

function notedNet(notes: readonly Pick<StoredNote, 'lines'>[], lineId: string): bigint {
  const own = notes.flatMap(({ lines }) => lines).filter(({ invoiceLineId }) => invoiceLineId === lineId);
  return sum(own.map(noteLineNet));
}
