// Credits whose payment a bank disputes cannot be spent until it has decided. The claim stands on the lot, so that what
// a hold gives back later freezes too; what an unpaid fee froze is none of its business.
import { lesser } from './amount.ts';
import { payWhatIsOwed } from './lot-opening.ts';
import { remaining } from './lot.ts';
import { beginEntry, type LotState, type Moment, moveStock, type PoolBook } from './pool-book.ts';

/** Sets what open disputes claim of a lot, all of them together, and freezes or thaws the difference. */
export function claimDisputed(book: PoolBook, lot: LotState, disputed: bigint, moment: Moment): void {
  const claimed = lesser(disputed, lot.granted);
  if (claimed === lot.disputed) return;
  const wasClaimed = lot.disputed;
  lot.disputed = claimed;
  book.changes.lots.add(lot.lotId);
  freezeClaim(book, lot, moment);
  if (claimed < wasClaimed) thawUnclaimed(book, lot, moment);
}

/** Freezes what came back to disputed lots since. */
export function freezeDisputed(book: PoolBook, moment: Moment): void {
  for (const lot of book.lots.values()) if (lot.disputed > 0n) freezeClaim(book, lot, moment);
}

function freezeClaim(book: PoolBook, lot: LotState, moment: Moment): void {
  const amount = lesser(remaining(lot), lot.disputed - lot.frozen);
  if (amount <= 0n) return;
  const entry = lotEntry(book, lot, { kind: 'lot.frozen', reason: 'its payment is disputed' }, moment);
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'available', counter: null },
    to: { account: 'frozen', counter: 'frozen' },
  });
}

function thawUnclaimed(book: PoolBook, lot: LotState, moment: Moment): void {
  const amount = lot.frozen - lot.disputed;
  if (amount <= 0n || isUnpaid(book, lot)) return;
  const entry = lotEntry(book, lot, { kind: 'lot.thawed', reason: 'its payment is not disputed any more' }, moment);
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'frozen', counter: 'frozen' },
    to: { account: 'available', counter: null },
  });
  payWhatIsOwed(book, lot, entry, moment);
}

/** Frozen because the fee is not paid: that thaws by the payment only. */
function isUnpaid({ root, periods }: PoolBook, lot: LotState): boolean {
  const period = (root?.periods ?? periods).find(({ billingPeriodId }) => billingPeriodId === lot.billingPeriodId);
  return period !== undefined && period.frozenAt !== null && period.feePaidAt === null;
}

function lotEntry(
  book: PoolBook,
  lot: LotState,
  { kind, reason }: { readonly kind: string; readonly reason: string },
  { now, newId }: Moment,
) {
  const entryId = newId();
  return beginEntry(book, {
    entryId,
    kind,
    effectiveAt: now,
    actor: 'stripe',
    reason,
    sourceType: 'lot',
    sourceId: `${lot.lotId}/${entryId}`,
    ...(lot.billingPeriodId !== null && { billingPeriodId: lot.billingPeriodId }),
  });
}
