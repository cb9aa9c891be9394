// Exchange rates as the host wrote them down with its model prices: for reports, never for the books.
import { dividedHalfUp, type Fraction, parseFraction } from './amount.ts';
import type { ExchangeRate } from './model-prices.ts';

/** What one unit of a currency is worth in another at an instant, either way round; null without such a rate. */
export function exchangeRateAt(rates: readonly ExchangeRate[], from: string, to: string, at: Date): Fraction | null {
  if (from === to) return { numerator: 1n, denominator: 1n };
  const straight = latest(rates, from, to, at);
  if (straight !== null) return straight;
  const inverse = latest(rates, to, from, at);
  return inverse === null ? null : { numerator: inverse.denominator, denominator: inverse.numerator };
}

/** An amount at a rate, a half away from zero. */
export function exchanged(amount: bigint, { numerator, denominator }: Fraction): bigint {
  return dividedHalfUp(amount * numerator, denominator);
}

function latest(rates: readonly ExchangeRate[], from: string, to: string, at: Date): Fraction | null {
  let found: ExchangeRate | null = null;
  for (const rate of rates) {
    if (rate.from !== from || rate.to !== to || Date.parse(rate.effectiveFrom) > at.getTime()) continue;
    if (found === null || Date.parse(rate.effectiveFrom) >= Date.parse(found.effectiveFrom)) found = rate;
  }
  return found === null ? null : parseFraction(found.rate);
}
