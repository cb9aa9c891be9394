// How figures, money and instants are written for people: exact where it is decided, short where it is read.
import { formatCredits, formatScaled } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import { grouped, moneyText } from '../domain/written-figures.ts';
import { data, type Markup, time } from './markup.ts';

export { moneyText };

/** "1,240.5": at most two places, cut and not rounded, so that nobody sees more than there is; grouped, with a sign. */
export function creditsText(micro: bigint): string {
  const [whole = '0', fraction = ''] = formatCredits(micro < 0n ? -micro : micro).split('.');
  const shown = fraction.slice(0, 2).replace(/0+$/, '');
  const sign = micro < 0n ? '−' : '';
  return `${sign}${grouped(whole)}${shown === '' ? '' : `.${shown}`}`;
}

/** All places, for a difference: one that is cut would look like none. */
export function exactCreditsText(micro: bigint): string {
  const [whole = '0', fraction] = formatCredits(micro < 0n ? -micro : micro).split('.');
  return `${micro < 0n ? '−' : ''}${grouped(whole)}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** Credits as a figure whose exact value can be hovered and copied. */
export function credits(micro: bigint): Markup {
  const exact = formatCredits(micro);
  return data({ value: exact, class: 'figure', title: `exactly ${exact}` }, creditsText(micro));
}

/** A change of credits: always with its sign. */
export function creditsChange(micro: bigint): Markup {
  const exact = formatCredits(micro);
  const text = micro > 0n ? `+${creditsText(micro)}` : creditsText(micro);
  return data({ value: exact, class: 'figure', title: `exactly ${exact}` }, text);
}

export function money(minor: bigint, currency: string): Markup {
  return data({ value: minor.toString(), class: 'figure' }, moneyText(minor, currency));
}

/** As books are read: what is negative stands in parentheses. */
export function accountingText(minor: bigint, currency: string): string {
  return minor < 0n ? `(${moneyText(-minor, currency)})` : moneyText(minor, currency);
}

export function accounting(minor: bigint, currency: string): Markup {
  return data({ value: minor.toString(), class: 'figure' }, accountingText(minor, currency));
}

/** "40.00" as a person types it into a field of this currency; null when it is no such amount. */
export function parseMoney(text: string, currency: string): bigint | null {
  const places = minorPlaces(currency) ?? 2;
  const match = /^(\d{1,12})(?:\.(\d{1,3}))?$/.exec(text.trim().replaceAll(',', ''));
  const fraction = match?.[2] ?? '';
  if (match === null || fraction.length > places) return null;
  return BigInt((match[1] ?? '0') + fraction.padEnd(places, '0'));
}

/** The reverse of `parseMoney`, without code and grouping. */
export function moneyField(minor: bigint, currency: string): string {
  const places = minorPlaces(currency) ?? 2;
  const [whole = '0', fraction = ''] = formatScaled(minor, places).split('.');
  return places === 0 ? whole : `${whole}.${fraction.padEnd(places, '0')}`;
}

const INSTANT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

export function instantText(at: Date): string {
  return `${INSTANT.format(at)} UTC`;
}

export function instant(at: Date): Markup {
  return time({ dateTime: at.toISOString(), title: at.toISOString() }, instantText(at));
}

export function dayText(at: Date): string {
  return DAY.format(at);
}

export function day(at: Date): Markup {
  return time({ dateTime: at.toISOString(), title: instantText(at) }, dayText(at));
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** "3 hours": the largest unit that fits, rounded down. */
export function spanText(ms: number): string {
  for (const [name, length] of UNITS) {
    const count = Math.floor(ms / length);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}

export function countText(count: number, noun: string): string {
  return `${grouped(String(count))} ${noun}${count === 1 ? '' : 's'}`;
}
