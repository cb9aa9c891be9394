import { catchUp } from '../domain/catch-up.ts';
import { takeBack } from '../domain/clawback.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { remaining } from '../domain/lot.ts';
import { familyOf, type LotState, type PoolBook } from '../domain/pool-book.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import type { Database, Transaction } from '../storage/database.ts';
import { type BookNeeds, loadPoolBooks, lockPools } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { saveWatched, watch } from './watch-pools.ts';

export interface TakeBack {
  readonly customer: CustomerKey;
  readonly lotId: string;
  readonly caseId: string;
  readonly actor: string;
  readonly reason: string;
  /** Only while nothing of the lot is spent, held or gone. */
  readonly onlyUntouched?: boolean;
}

/** Ends what is unspent of a lot that nobody paid for, in the caller's transaction; answers how many micro-credits. */
export async function takeBackIn(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  asked: TakeBack,
): Promise<bigint | Refused> {
  await lockPools(trx, [asked.customer]);
  const found = await giftedLot(deps, trx, asked, {});
  if ('rejected' in found) return found;
  const { book, pool, lot, now } = found;
  const moment = { now, newId: deps.newId };
  const before = watch([book], now);
  if (asked.onlyUntouched === true && remaining(lot) !== lot.granted) {
    return refuse(
      'undo_too_late',
      'some of these credits are spent or held already; open a correction to take back the rest',
    );
  }
  const amount = takeBack(pool, lot, asked, moment);
  if (amount === 0n) return nothingLeft();
  await saveWatched(trx, book, before, moment);
  return amount;
}

/** What could be taken back now, micro-credits. Nothing is changed. */
export async function unspentGift(
  deps: Pick<Deps, 'db' | 'newId' | 'settings'>,
  asked: Pick<TakeBack, 'customer' | 'lotId'>,
): Promise<bigint | Refused> {
  const found = await giftedLot(deps, deps.db, asked, { readOnly: true });
  if ('rejected' in found) return found;
  const left = remaining(found.lot);
  return left > 0n ? left : nothingLeft();
}

interface GiftedLot {
  readonly now: Date;
  readonly book: PoolBook;
  readonly pool: PoolBook;
  readonly lot: LotState;
}

async function giftedLot(
  deps: Pick<Deps, 'newId' | 'settings'>,
  on: Database | Transaction,
  { customer, lotId }: Pick<TakeBack, 'customer' | 'lotId'>,
  mode: Pick<BookNeeds, 'readOnly'>,
): Promise<GiftedLot | Refused> {
  const needs = { ...mode, lotIds: [lotId], allMembersOf: [customer.customerId] };
  const { now, books } = await loadPoolBooks(on, [customer], deps.settings, needs);
  const book = books.get(customer.customerId);
  if (book !== undefined) catchUp(book, { now, newId: deps.newId });
  const pool = book === undefined ? undefined : familyOf(book).find(({ lots }) => lots.has(lotId));
  const lot = pool?.lots.get(lotId);
  if (book === undefined || pool === undefined || lot === undefined) {
    return refuse('unknown_lot', 'this customer has no such lot of credits (grant_…)', { param: 'grant' });
  }
  if (lot.paidMinor > 0n || lot.source === 'included') {
    return refuse('not_a_gift', 'these credits were paid for; a credit note gives the money back and ends them', {
      param: 'grant',
    });
  }
  return { now, book, pool, lot };
}

function nothingLeft(): Refused {
  return refuse('nothing_to_do', 'nothing of these credits is left that could be taken back');
}
