// Tax of invoice lines: an item that corrects usage is taxed as the usage is, or a person is told that it is not.
import { dividedHalfUp } from './amount.ts';
import { sum } from './money-postings.ts';

/** One tax of a line, as Stripe lists it. */
export interface LineTax {
  /** The tax rate; null where Stripe names none. */
  readonly rateId: string | null;
  readonly isInclusive: boolean;
  /** Why it is taxed so, in Stripe's word: it tells automatic taxes apart, whose rates are made anew each time. */
  readonly reason: string;
}

export interface TaxedLine {
  /** After discounts and billing credits, with inclusive tax, minor units. */
  readonly netMinor: bigint;
  readonly taxes: readonly LineTax[];
}

/** The tax rates of a line by their ids. */
export function rateIdsOf({ taxes }: Pick<TaxedLine, 'taxes'>): readonly string[] {
  return taxes.flatMap(({ rateId }) => (rateId === null ? [] : [rateId]));
}

/**
 * Those of some items that are not taxed as the usage they correct, with both taxes in words. Of usage that costs nothing
 * Stripe need not list any tax: then nothing can be said.
 */
export function itemsTaxedOtherwise<Item extends TaxedLine>(
  usage: TaxedLine,
  items: readonly Item[],
  { hasAutomaticTax }: { readonly hasAutomaticTax: boolean },
): readonly { readonly item: Item; readonly itemTaxes: string; readonly usageTaxes: string }[] {
  if (usage.taxes.length === 0 && usage.netMinor === 0n) return [];
  const usageTaxes = inWords(usage, hasAutomaticTax);
  return items
    .map((item) => ({ item, itemTaxes: inWords(item, hasAutomaticTax), usageTaxes }))
    .filter(({ itemTaxes }) => itemTaxes !== usageTaxes);
}

function inWords({ taxes }: TaxedLine, hasAutomaticTax: boolean): string {
  if (taxes.length === 0) return 'no tax';
  const words = taxes.map(({ rateId, isInclusive, reason }) => {
    const rate = hasAutomaticTax ? reason : (rateId ?? reason);
    return isInclusive ? `${rate} (in the price)` : rate;
  });
  return words.toSorted().join(' + ');
}

/** A tax rate's millionth parts: a percentage has at most four decimal places. */
export type RateMillionths = bigint;

const MILLION = 1_000_000n;

/** Tax on top of an amount, each rate rounded half up by itself, minor units. */
export function taxOnTop(amountMinor: bigint, rates: readonly RateMillionths[]): bigint {
  return sum(rates.map((rate) => dividedHalfUp(amountMinor * rate, MILLION)));
}

/** More than this many steps are not given away for the sake of a round total. */
const STEPS_MAX = 10n;

/**
 * What an item must take off, before its own tax on top, so that a total ends on a step; null when no small item does.
 * Tax moves by whole units, so that now and then only a lower step can be met.
 */
export function roundingItem(
  totalMinor: bigint,
  { stepMinor, rates }: { readonly stepMinor: bigint; readonly rates: readonly RateMillionths[] },
): bigint | null {
  for (let item = 1n; item <= STEPS_MAX * stepMinor; item += 1n) {
    const left = totalMinor - item - taxOnTop(item, rates);
    if (left >= 0n && left % stepMinor === 0n) return item;
  }
  return null;
}
