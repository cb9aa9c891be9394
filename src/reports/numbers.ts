// Numbers as reports write them: exact, grouped, the currency always with its code.
import { dividedHalfUp, formatMinor, MICRO_PER_CREDIT } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';

const WHOLE = new Intl.NumberFormat('en-US');
const CREDIT_PLACES = 2;
const NANO_PLACES = 9;

export function count(many: number | bigint): string {
  return WHOLE.format(many);
}

/** "1 customer", "2 customers". */
export function plural(many: number, what: string): string {
  return `${count(many)} ${what}${many === 1 ? '' : 's'}`;
}

/** "USD 1,234.50" of minor units. */
export function money(minor: bigint, currency: string): string {
  return `${currency.toUpperCase()} ${grouped(formatMinor(minor, minorPlaces(currency) ?? 2))}`;
}

/** The same with its sign, for differences. */
export function signedMoney(minor: bigint, currency: string): string {
  return minor > 0n ? `+${money(minor, currency)}` : money(minor, currency);
}

/** Nano-units of the major unit, to the minor unit, half up. */
export function moneyOfNano(nano: bigint, currency: string): string {
  const places = minorPlaces(currency) ?? 2;
  return money(dividedHalfUp(nano, 10n ** BigInt(NANO_PLACES - places)), currency);
}

/** Credits with up to two decimals. */
export function credits(micro: bigint): string {
  const hundredths = dividedHalfUp(micro, MICRO_PER_CREDIT / 10n ** BigInt(CREDIT_PLACES));
  return grouped(formatMinor(hundredths, CREDIT_PLACES)).replace(/\.00$/, '');
}

/** Hundredths of a percent: 880 is "8.8 %"; null, where there is nothing to take a share of, is a dash. */
export function percent(share: bigint | null): string {
  if (share === null) return '–';
  return `${grouped(formatMinor(share, 2)).replace(/\.00$|(?<=\.\d)0$/, '')} %`;
}

export function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}

const MONTH_NAME = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** "2026-04" → "April 2026". */
export function monthName(month: string): string {
  return MONTH_NAME.format(new Date(`${month}-01T00:00:00Z`));
}

const SHORT_MONTH = new Intl.DateTimeFormat('en-US', { month: 'short', year: 'numeric', timeZone: 'UTC' });

/** "2026-04" → "Apr 2026": where six of them stand side by side. */
export function shortMonth(month: string): string {
  return SHORT_MONTH.format(new Date(`${month}-01T00:00:00Z`));
}

/** "2026-07-02 06:00 UTC" */
export function minute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function grouped(decimal: string): string {
  const [whole = '0', fraction] = decimal.split('.');
  const isNegative = whole.startsWith('-');
  const shown = WHOLE.format(BigInt(isNegative ? whole.slice(1) : whole));
  return `${isNegative ? '−' : ''}${shown}${fraction === undefined ? '' : `.${fraction}`}`;
}
