// What a cycle's draft asks for the usage on our meter. Agreed is one line of the subscription at the plan's price; a hand at
// Stripe can make it ask by other lines, which no grant of ours reaches, or by none.
import { formatCredits } from './amount.ts';
import { shownMoney } from './currency.ts';
import { sum } from './money-postings.ts';

/** A line of a draft that bills our meter; amounts in minor units. */
export interface MeterLine {
  readonly lineId: string;
  readonly priceId: string | null;
  /** null for an invoice item: credit grants reach none of those. */
  readonly subscriptionItemId: string | null;
  /** Since when it asks for what was used. */
  readonly periodStart: Date;
  readonly amountMinor: bigint;
  readonly discountsMinor: bigint;
}

export interface DraftUsage {
  /** Lines of the subscription at the agreed price. */
  readonly agreed: readonly MeterLine[];
  /** All others that bill our meter. */
  readonly others: readonly MeterLine[];
}

/** What stands on a draft in place of the one agreed line. */
export interface IrregularUsage {
  /** What the agreed line shows, 0 where there is none. */
  readonly agreedMinor: bigint;
  /** What the other lines ask after discounts. */
  readonly othersMinor: bigint;
  readonly because: string;
}

interface Agreed {
  readonly meteredPriceId: string;
  /** Since when it is the price. */
  readonly startsAt: Date;
  readonly currency: string;
  /** What Stripe counts in the period, micro-credits. */
  readonly countedMicro: bigint;
}

/** Divides the lines that bill our meter; those of a price that was left in mid-cycle are settled for themselves. */
export function usageOnDraft(
  lines: readonly MeterLine[],
  { meteredPriceId, leftPriceIds }: { readonly meteredPriceId: string; readonly leftPriceIds: readonly string[] },
): DraftUsage {
  const isAgreed = ({ priceId, subscriptionItemId: item }: MeterLine): boolean =>
    priceId === meteredPriceId && item !== null;
  const isLeft = ({ priceId, subscriptionItemId: item }: MeterLine): boolean =>
    item === null && leftPriceIds.includes(priceId ?? '');
  return {
    agreed: lines.filter(isAgreed),
    others: lines.filter((line) => !isAgreed(line) && !isLeft(line)),
  };
}

/** A period that began with a change of price begins by the stamp of its event, a little after Stripe made the change. */
const STAMP_MS = 60_000;

/** How a draft asks for usage otherwise than was agreed, and what a person is to do; null: as agreed. */
export function irregularUsage({ agreed, others }: DraftUsage, terms: Agreed): IrregularUsage | null {
  const asking = others.filter((line) => terms.countedMicro !== 0n || asks(line) !== 0n);
  const early = agreed.filter(({ periodStart }) => periodStart.getTime() < terms.startsAt.getTime() - STAMP_MS);
  const isMissing = agreed.length === 0 && terms.countedMicro > 0n;
  const lines = [...early, ...asking];
  if (lines.length === 0 && !isMissing) return null;
  return {
    agreedMinor: sum(agreed.map(({ amountMinor }) => amountMinor)),
    othersMinor: sum(asking.map(asks)),
    because: lines.length === 0 ? missing(terms) : lines.map((line) => otherwise(line, terms)).join('; '),
  };
}

function asks({ amountMinor, discountsMinor }: MeterLine): bigint {
  return amountMinor - discountsMinor;
}

function otherwise(line: MeterLine, { meteredPriceId, currency }: Agreed): string {
  const { lineId, priceId, subscriptionItemId: item, periodStart } = line;
  const says = `the line ${lineId} asks ${shownMoney(asks(line), currency)} for usage of our meter`;
  if (priceId === meteredPriceId) {
    return item === null
      ? `${says} at ${priceId} as an invoice item, which no credits reach: correct the draft`
      : `${says} since ${periodStart.toISOString()}, which is before ${priceId} was agreed: correct the draft`;
  }
  return `${says} at ${priceId}, and not at ${meteredPriceId}: put the subscription back on ${meteredPriceId} alone, then correct the draft`;
}

function missing({ meteredPriceId, countedMicro }: Agreed): string {
  const says = `no line of ${meteredPriceId} asks for the ${formatCredits(countedMicro)} credits that Stripe counts`;
  return `${says}: put the price back on the subscription, then correct the draft, or accept it as a gift`;
}
