// How many places a currency's minor unit has, and the steps in which Stripe charges it. Source: Stripe's list of
// supported currencies, with its zero-decimal, three-decimal and special-case sections.

import { formatScaled } from './amount.ts';

const ZERO_PLACES = words('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf');

/** Charged amounts end in 0: 5.124 is sent as 5120 or 5130. */
const THREE_PLACES = words('bhd jod kwd omr tnd');

/** No minor unit in use, but sent with two places for old times' sake: charged amounts end in 00. */
const WHOLE_BUT_TWO_PLACES = words('isk ugx');

const TWO_PLACES = words(`
  aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve
  czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak
  lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar
  ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar
  zmw`);

/** Decimal places of a currency's minor unit (usd 2, jpy 0, kwd 3); null for a code that Stripe does not know. */
export function minorPlaces(currency: string): number | null {
  if (TWO_PLACES.has(currency) || WHOLE_BUT_TWO_PLACES.has(currency)) return 2;
  if (ZERO_PLACES.has(currency)) return 0;
  return THREE_PLACES.has(currency) ? 3 : null;
}

/** Every currency that Stripe knows. */
export const CURRENCIES: readonly string[] = [...TWO_PLACES, ...WHOLE_BUT_TWO_PLACES, ...ZERO_PLACES, ...THREE_PLACES];

/** A charged amount is a multiple of this many minor units. */
export function chargeStepMinor(currency: string): number {
  if (THREE_PLACES.has(currency)) return 10;
  return WHOLE_BUT_TWO_PLACES.has(currency) ? 100 : 1;
}

/** Minor units as people write them: (3040n, 'usd') → "USD 30.40". */
export function shownMoney(minor: bigint, currency: string): string {
  const places = minorPlaces(currency) ?? 2;
  const [whole = '0', fraction = ''] = formatScaled(minor, places).split('.');
  return `${currency.toUpperCase()} ${whole}${places === 0 ? '' : `.${fraction.padEnd(places, '0')}`}`;
}

/** A materiality in major units ("1.00") in the currency's minor ones, rounded down; null for what is no currency. */
export function materialMinor(unit: string, major: string): bigint | null {
  const places = minorPlaces(unit);
  if (places === null) return null;
  const [whole = '0', fraction = ''] = major.split('.');
  return BigInt(whole + fraction.slice(0, places).padEnd(places, '0'));
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
