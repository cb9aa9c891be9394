// What of a pool's lots can be spent, and in which order: kept for a batch, since a pool may have thousands of lots and a
// batch hundreds of requests.
import { byDrawOrder, isOpenAt, remaining } from './lot.ts';
import type { LotState, PoolBook } from './pool-book.ts';

/**
 * The book's lots in draw order, sorted once: what decides the order never changes, and lots only come in. A pool may have
 * thousands, and a batch hundreds of requests.
 */
export function lotsInOrder({ lots }: PoolBook): readonly LotState[] {
  const known = ordered.get(lots);
  if (known !== undefined && known.length === lots.size) return known;
  const sorted = [...lots.values()].toSorted(byDrawOrder);
  ordered.set(lots, sorted);
  return sorted;
}

const ordered = new WeakMap<PoolBook['lots'], readonly LotState[]>();

/** Spendable now, of every feature, in micro-credits. Summed up once for an instant, then kept with each movement. */
export function availableAt({ lots }: PoolBook, at: Date): bigint {
  const known = spendable.get(lots);
  if (known !== undefined && known.atMs === at.getTime() && known.size === lots.size) return known.sum;
  let sum = 0n;
  for (const lot of lots.values()) if (isSpendable(lot, at)) sum += remaining(lot);
  spendable.set(lots, { atMs: at.getTime(), size: lots.size, sum });
  return sum;
}

const spendable = new WeakMap<PoolBook['lots'], { readonly atMs: number; readonly size: number; sum: bigint }>();

function isSpendable(lot: LotState, at: Date): boolean {
  return lot.onlyHoldId === null && isOpenAt(lot, at);
}

/** Keeps the sum right when a lot's remaining part grows or shrinks. */
export function countSpendable({ lots }: PoolBook, lot: LotState, delta: bigint): void {
  const known = spendable.get(lots);
  if (known !== undefined && delta !== 0n && isSpendable(lot, new Date(known.atMs))) known.sum += delta;
}
