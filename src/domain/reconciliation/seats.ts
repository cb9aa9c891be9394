// Seats that were taken away in the middle of a period with money back: our plans take them away at the renewal, and the
// credits that they brought stay. Another hand prorated, so the customer has money and credits both.
import { formatCredits } from '../amount.ts';
import { amountDiffers, type Comparison } from '../reconciliation.ts';

/** A running period with fewer seats than it had at its most. */
export interface RemovedSeats {
  readonly billingPeriodId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly basePriceId: string;
  readonly currency: string;
  /** The fee of one seat for the whole fee interval, minor units. */
  readonly baseAmountMinor: bigint;
  /** What a seat includes in the period, micro-credits. */
  readonly includedMicro: bigint;
}

/** What Stripe put on an invoice, or keeps for the next one, because seats changed. */
export interface ProrationThere {
  readonly priceId: string | null;
  readonly from: Date;
  readonly amountMinor: bigint;
}

/** Money back for seats that did not come again. */
export function compareSeats(periods: readonly RemovedSeats[], prorations: readonly ProrationThere[]): Comparison {
  const differences = periods.flatMap((period) => {
    const back = givenBack(period, prorations);
    if (back === 0n) return [];
    const amounts = { ours: 0n, theirs: -back, unit: period.currency };
    return [amountDiffers('seats_prorated_away', `${period.billingPeriodId} ${proposal(period, back)}`, amounts)];
  });
  return { compared: periods.length, differences };
}

/** In the order of time: what a seat costs that comes again takes back what its removal had given. */
function givenBack(period: RemovedSeats, prorations: readonly ProrationThere[]): bigint {
  const own = prorations.filter(
    ({ priceId, from }) => priceId === period.basePriceId && period.startsAt <= from && from < period.endsAt,
  );
  const byInstant = Map.groupBy(own, ({ from }) => from.getTime());
  let back = 0n;
  for (const [, items] of [...byInstant].toSorted(([a], [b]) => a - b)) {
    back -= items.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    if (back < 0n) back = 0n;
  }
  return back;
}

/** The credits that the money had paid for: the same share of what a seat includes, rounded down to whole credits. */
function proposal({ includedMicro, baseAmountMinor }: RemovedSeats, back: bigint): string {
  if (baseAmountMinor === 0n) return 'clawback of 0';
  const micro = (includedMicro * back) / baseAmountMinor;
  return `clawback of ${formatCredits(micro - (micro % 1_000_000n))}`;
}
