import { formatScaled } from '../../domain/amount.ts';
// How differences are called where people read them.
import type { QueuedVariance } from '../../operations/finance/list-variance-queue.ts';
import { moneyText } from '../figures.ts';
import { sentenceCase } from '../words.ts';

export const CLASSES = [
  'timing',
  'missing_here',
  'missing_there',
  'duplicate',
  'amount',
  'rounding',
  'currency',
  'shaping',
] as const;

const CLASS_WORDS: Readonly<Record<string, string>> = {
  timing: 'Timing',
  missing_here: 'Missing in the ledger',
  missing_there: 'Missing at Stripe',
  duplicate: 'Duplicate',
  amount: 'Amount',
  rounding: 'Rounding',
  currency: 'Currency',
  shaping: 'Shaping',
};

export function classWords(name: string): string {
  return CLASS_WORDS[name] ?? sentenceCase(name.replaceAll('_', ' '));
}

export const STATE_TAGS: Readonly<
  Record<QueuedVariance['state'], readonly [string, 'plain' | 'good' | 'warn' | 'bad']>
> = {
  open: ['open', 'bad'],
  explained: ['explained', 'good'],
  corrected: ['corrected', 'good'],
  written_off: ['written off', 'plain'],
};

/** "meter_events_foreign 0190…" → "Meter events foreign". */
export function subjectWords({ subject }: Pick<QueuedVariance, 'subject'>): string {
  return sentenceCase((subject.split(' ')[0] ?? subject).replaceAll('_', ' '));
}

/** What the subject names besides its kind: ids. */
export function subjectObject({ subject }: Pick<QueuedVariance, 'subject'>): string {
  return subject.split(' ').slice(1).join(' ');
}

/** An amount with its unit: money by its currency, credits as decimals, meter units as they are counted. */
export function amountText(amount: string | null, unit: string | null): string {
  if (amount === null || !/^-?\d+$/.test(amount)) return amount ?? '–';
  const value = BigInt(amount);
  if (unit === null) return amount;
  const sign = value > 0n ? '+' : '';
  if (/^[a-z]{3}$/.test(unit)) return sign + moneyText(value, unit);
  if (unit.startsWith('micro-')) return `${sign}${formatScaled(value, 6)} ${unit.slice('micro-'.length)}`;
  return `${sign}${new Intl.NumberFormat('en').format(value)} ${unit}`;
}

/** One side of a difference: an amount without a sign of its own, or a fact as it is. */
export function sideText(text: string | null, unit: string | null): string | null {
  if (text === null || unit === null || !/^-?\d+$/.test(text)) return text;
  return amountText(text, unit).replace(/^\+/, '');
}
