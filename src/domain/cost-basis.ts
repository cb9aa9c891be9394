// What was paid for a lot goes with its credits. Revenue of a lot is round(paid × used ÷ granted), so the part that
// moves on takes the difference of two such rounded sums: no cent is lost or made, and the last one takes the remainder.
import { dividedHalfUp } from './amount.ts';

export interface CostBasis {
  readonly granted: bigint;
  readonly moved: bigint;
  readonly paidMinor: bigint;
}

/** Minor units of the price that go with the next `amount` micro-credits that move to another lot; half up. */
export function costOfMoved({ granted, moved, paidMinor }: CostBasis, amount: bigint): bigint {
  const stays = granted - moved;
  const share = (micro: bigint): bigint => dividedHalfUp(paidMinor * micro, granted);
  return share(stays) - share(stays - amount);
}
