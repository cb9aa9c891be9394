// How one burn or hold falls on lots. What the lots cannot pay is the caller's to refuse, bill or owe.
import { lesser } from './amount.ts';
import { byDrawOrder, type Lot, remaining } from './lot.ts';

export interface Draw {
  readonly lotId: string;
  readonly amount: bigint;
}

export interface Drawdown {
  readonly draws: readonly Draw[];
  /** What no given lot could pay, in micro-credits. */
  readonly short: bigint;
}

/** Splits an amount over the given lots in draw order; lots that may not pay must have been left out. */
export function drawdown(lots: readonly Lot[], amount: bigint): Drawdown {
  return drawInOrder(lots.toSorted(byDrawOrder), amount);
}

/** The same of lots that come in draw order already; no more of them are looked at than it takes. */
export function drawInOrder(lots: Iterable<Lot>, amount: bigint): Drawdown {
  const draws: Draw[] = [];
  let owed = amount;
  if (owed === 0n) return { draws, short: owed };
  for (const lot of lots) {
    const taken = lesser(remaining(lot), owed);
    if (taken <= 0n) continue;
    draws.push({ lotId: lot.lotId, amount: taken });
    owed -= taken;
    if (owed === 0n) break;
  }
  return { draws, short: owed };
}
