// How figures, money and instants are written for people: exact where it is decided, short where it is read.
import { formatCredits, formatScaled } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import { data, type Markup, time } from './markup.ts';

/** "1,240.5": at most two places, cut and not rounded, so that nobody sees more than there is; grouped, with a sign. */
export function creditsText(micro: bigint): string {
  const [whole = '0', fraction = ''] = formatCredits(micro < 0n ? -micro : micro).split('.');
  const shown = fraction.slice(0, 2).replace(/0+$/, '');
  const sign = micro < 0n ? '−' : '';
  return `${sign}${grouped(whole)}${shown === '' ? '' : `.${shown}`}`;
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

/** (4000n, "usd") → "USD 40.00": the code, since a dollar sign is many currencies'. */
export function moneyText(minor: bigint, currency: string): string {
  const places = minorPlaces(currency) ?? 2;
  const [whole = '0', fraction = ''] = formatScaled(minor < 0n ? -minor : minor, places).split('.');
  const decimals = places === 0 ? '' : `.${fraction.padEnd(places, '0')}`;
  return `${minor < 0n ? '−' : ''}${currency.toUpperCase()} ${grouped(whole)}${decimals}`;
}

export function money(minor: bigint, currency: string): Markup {
  return data({ value: minor.toString(), class: 'figure' }, moneyText(minor, currency));
}

function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
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

export function countText(count: number, noun: string): string {
  return `${grouped(String(count))} ${noun}${count === 1 ? '' : 's'}`;
}
