import { earnedShare, type SharedFee } from './entries-fee-share.ts';
import { type EarningLot, earnedLot } from './entries-revenue.ts';

export interface DeferredFigure {
  readonly currency: string;
  readonly minor: bigint;
}

/** What each lot was paid and neither used, ended nor given back by a note; one figure a lot, minor units. */
export function deferredOf(lots: readonly EarningLot[]): readonly DeferredFigure[] {
  return lots.map((lot) => {
    const { credits, breakage } = earnedLot(lot);
    return { currency: lot.currency, minor: lot.paidMinor - lot.notedMinor - credits - breakage };
  });
}

/** What each fee's share waits for: its included credits are neither used nor ended; one figure a line, minor units. */
export function deferredShares(fees: readonly SharedFee[], through: Date): readonly DeferredFigure[] {
  return fees.map((fee) => {
    const { credits, breakage } = earnedShare(fee, through);
    return { currency: fee.currency, minor: fee.shareMinor - credits - breakage };
  });
}
