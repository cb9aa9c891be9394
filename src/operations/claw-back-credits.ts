import { catchUp } from '../domain/catch-up.ts';
import { clawBack, creditsPaidBack, refundableMinor, type SoldLot } from '../domain/clawback.ts';
import type { UnspentPrice } from '../domain/credit-note-order.ts';
import { noteLineNet } from '../domain/credit-note.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { remaining } from '../domain/lot.ts';
import { sum } from '../domain/money-postings.ts';
import type { LotState, PoolBook } from '../domain/pool-book.ts';
import { creditNotesOfInvoice, type StoredNote } from '../storage/credit-notes.ts';
import type { Database, Transaction } from '../storage/database.ts';
import { entryExists } from '../storage/journal.ts';
import { type BoughtLot, boughtLots } from '../storage/lots.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { saveWatched, watch } from './watch-pools.ts';

/**
 * Ends the credits that the notes on an invoice paid back, each note and line once. In the caller's transaction, which
 * holds the customer's lock or has none of it to take later: pools are locked here.
 */
export async function clawBackCredits(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  customer: CustomerKey,
  invoiceId: string,
): Promise<void> {
  const bought = await boughtLots(trx, customer, invoiceId);
  const notes = (await creditNotesOfInvoice(trx, customer, invoiceId)).filter(({ status }) => status !== 'void');
  if (bought.length === 0 || notes.length === 0) return;
  const lotIds = bought.map(({ lotId }) => lotId);
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, { lotIds });
  const book = books.get(customer.customerId);
  if (book === undefined) throw new Error(`customer ${customer.customerId} has lots and no pool`);
  const moment = { now, newId: deps.newId };
  catchUp(book, moment);
  const before = watch([book], now);
  for (const { lotId, lineId, clawedBack: clawedBefore } of bought) {
    const lot = book.lots.get(lotId);
    if (lot === undefined) continue;
    let notedMinor = 0n;
    let clawedBack = clawedBefore;
    for (const { creditNoteId, createdAt: at, lines } of notes) {
      const netMinor = notedNet([{ lines }], lineId);
      const sourceId = `${creditNoteId}/${lineId}`;
      if (!(await entryExists(trx, customer, 'stripe_credit_note', sourceId, 'lot.clawed_back'))) {
        const amount = creditsPaidBack(soldLot(lot, clawedBack), netMinor, notedMinor);
        clawBack(book, lot, amount, { creditNoteId, invoiceId, invoiceLineId: lineId, at }, moment);
        clawedBack += amount;
      }
      notedMinor += netMinor;
    }
  }
  await saveWatched(trx, book, before, moment);
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
  return { granted: lot.granted, paidMinor: lot.paidMinor, unspent: remaining(lot), clawedBack };
}

function notedNet(notes: readonly Pick<StoredNote, 'lines'>[], lineId: string): bigint {
  const own = notes.flatMap(({ lines }) => lines).filter(({ invoiceLineId }) => invoiceLineId === lineId);
  return sum(own.map(noteLineNet));
}
