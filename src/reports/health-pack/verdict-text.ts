// The verdict and its findings in sentences: each says what, how much, and against what.
import { TRIGGER_LIMITS } from '../../domain/health-pack/triggers.ts';
import type { PackFinding, Verdict } from '../../domain/health-pack/verdict.ts';
import type { Mark } from '../document.ts';
import { count, credits, moneyOfNano, percent } from '../numbers.ts';

export const VERDICT_MARKS: Readonly<Record<Verdict['word'], Mark>> = {
  keep: 'good',
  adjust: 'warn',
  migrate: 'bad',
  'not enough data': 'warn',
};

/** The line that a hurried reader reads. */
export function verdictSentence({ word, findings, told, asked }: Verdict): string {
  switch (word) {
    case 'migrate':
      return `${list(findings.flatMap(({ key, subject }) => (key === 'cohort_ready' && subject !== null ? [`plan ${subject}`] : [])))} no longer needs credits: plan the move, new customers first.`;
    case 'adjust':
      return `the model holds, and ${findings.length === 1 ? 'one thing needs' : `${count(findings.length)} things need`} attention.`;
    case 'keep':
      return `nothing speaks against the model; ${told} of ${asked} checks could be made.`;
    case 'not enough data':
      return `too little happened to judge the model: none of ${asked} checks could be made.`;
  }
}

export function findingSentence({ key, subject, value, previous, currency }: PackFinding): string {
  const money =
    value === null || currency === null ? 'an unknown amount' : moneyOfNano(value < 0n ? -value : value, currency);
  switch (key) {
    case 'cohort_ready':
      return `Plan ${subject} is ready to leave credits: the use of ${percent(value)} of its customers is stable over ${TRIGGER_LIMITS.cycles} months, and one action explains it.`;
    case 'under_water':
      return `Feature ${subject} is under water: it cost ${money} more than it brought.`;
    case 'below_target':
      return `Feature ${subject} earns ${percent(value)}, which is below the margin that the price list wants.`;
    case 'margin_drift':
      return `The margin of feature ${subject} moved from ${percent(previous)} to ${percent(value)}.`;
    case 'unregistered':
      return `Unregistered ${subject} was used${value === null ? '' : ` and cost ${money}`}: register it or block it.`;
    case 'blocked_use':
      return `Blocked ${subject} was used all the same${value === null ? '' : ` and cost ${money}`}: ask who runs it.`;
    case 'reconciliation_strain':
      return `Reconciliation is strained: variances that took longer than a week come to ${percent(value)} of the invoices.`;
    case 'opaque_credits':
      return `Customers find credits opaque: complaints about bills come to ${percent(value)} of the customers with use.`;
    case 'unpredictable_bills':
      return `Bills are hard to predict: ${percent(value)} of them moved by more than a quarter.`;
    case 'goodwill_rising':
      return `Goodwill is rising: ${credits(value ?? 0n)} credits against ${credits(previous ?? 0n)} in the months before.`;
    case 'expiring_unused':
      return `Of the credits that ended, ${percent(value)} ended unused.`;
    case 'depleted_early':
      return `${count(value ?? 0n)} of ${count(previous ?? 0n)} pools were empty before their period was over.`;
    case 'review_due':
      return `The review of ${subject} is due.`;
  }
}

function list(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
