// Figures in sentences: grouped by thousands, money with its code.
import { formatScaled, parseFraction } from './amount.ts';
import { minorPlaces } from './currency.ts';

/** "10000" → "10,000" */
export function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** "12500.5" → "12,500.5" */
export function groupedDecimal(decimal: string): string {
  const [whole = '0', fraction] = decimal.split('.');
  return `${grouped(whole)}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** (4000n, "usd") → "USD 40.00": the code, since a dollar sign is many currencies'. */
export function moneyText(minor: bigint, currency: string): string {
  const places = minorPlaces(currency) ?? 2;
  const [whole = '0', fraction = ''] = formatScaled(minor < 0n ? -minor : minor, places).split('.');
  const decimals = places === 0 ? '' : `.${fraction.padEnd(places, '0')}`;
  return `${minor < 0n ? '−' : ''}${currency.toUpperCase()} ${grouped(whole)}${decimals}`;
}

/** ("0.0350", "usd") → "USD 0.035": a price per credit may be finer than the currency's smallest coin. */
export function priceText(major: string, currency: string): string {
  const read = parseFraction(major);
  if (read === null) return `${currency.toUpperCase()} ${major}`;
  const shortest = formatScaled(read.numerator, read.denominator.toString().length - 1);
  const [whole = '0', fraction = ''] = shortest.split('.');
  const decimals = fraction.padEnd(minorPlaces(currency) ?? 2, '0');
  return `${currency.toUpperCase()} ${grouped(whole)}${decimals === '' ? '' : `.${decimals}`}`;
}
