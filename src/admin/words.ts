// The words that support uses for what the books call otherwise. Expired is never shown as used.
import type { CaseKind, CaseState } from '../domain/case.ts';
import type { TimelineLine } from '../operations/console/read-timeline.ts';
import { countText } from './figures.ts';

/** Filters of the timeline: a word, and patterns of the entry kinds behind it. */
export const TIMELINE_FILTERS = {
  usage: {
    name: 'Usage',
    kinds: ['usage.burn', 'usage.funded', 'usage.taken_over', 'usage.reversed', 'hold.captured'],
  },
  credits: { name: 'Credits in', kinds: ['grant%', 'transfer', 'lot.rolled', 'lot.thawed'] },
  gone: { name: 'Expired and taken back', kinds: ['lot.expired', 'lot.ended', 'lot.clawed_back', 'lot.frozen'] },
  holds: { name: 'Holds', kinds: ['hold.%'] },
  owed: { name: 'Overage and debt', kinds: ['debt.%', 'overage.%', 'usage.funded'] },
  money: {
    name: 'Money',
    kinds: ['invoice%', 'credit_note%', 'refund%', 'dispute%', 'customer_balance%', 'overage.billed'],
  },
  revenue: { name: 'Revenue', kinds: ['revenue%', 'usage.accrued', 'usage.written_off'] },
} as const;

export type TimelineFilter = keyof typeof TIMELINE_FILTERS;

const KINDS: Readonly<Record<string, readonly [icon: string, words: string]>> = {
  grant: ['+', 'Credits given'],
  'usage.burn': ['●', 'Used'],
  'usage.funded': ['●', 'Older use paid'],
  'usage.taken_over': ['●', 'Used before the import'],
  'usage.reversed': ['↩', 'Use undone'],
  'hold.placed': ['◔', 'Held'],
  'hold.captured': ['●', 'Used from a hold'],
  'hold.released': ['○', 'Hold released'],
  'hold.lapsed': ['○', 'Hold timed out'],
  'hold.carried': ['→', 'Hold carried over'],
  'lot.expired': ['✕', 'Expired'],
  'lot.ended': ['✕', 'Ended with the plan'],
  'lot.clawed_back': ['✕', 'Taken back'],
  'lot.rolled': ['→', 'Rolled over'],
  'lot.frozen': ['❄', 'Frozen'],
  'lot.thawed': ['+', 'Freed again'],
  transfer: ['⇄', 'Moved between pools'],
  'debt.settled': ['−', 'Debt paid'],
  'overage.paid_down': ['−', 'Overage paid by credits'],
  'overage.billed': ['$', 'Overage billed'],
  'overage.written_off': ['✕', 'Overage that nobody billed'],
  'usage.accrued': ['$', 'Overage counted as revenue'],
  'usage.written_off': ['$', 'Overage taken out of revenue'],
  'invoice.finalized': ['$', 'Invoice finalized'],
  'credit_note.issued': ['$', 'Credit note issued'],
  'credit_note.voided': ['$', 'Credit note voided'],
  'refund.succeeded': ['$', 'Refund paid out'],
  'refund.failed': ['$', 'Refund came back'],
  'fee.allocated': ['$', 'Share of a fee allocated to credits'],
  'revenue.fee_earned': ['$', 'Fee earned'],
  'revenue.credits_earned': ['$', 'Bought credits earned'],
  'revenue.breakage': ['$', 'Expired credits earned'],
};

/** An icon and a word for a kind of entry; one that is new here is shown by its own name. */
export function kindWords(kind: string): readonly [icon: string, words: string] {
  return KINDS[kind] ?? ['$', sentenceCase(kind.replaceAll(/[._]/g, ' '))];
}

const SOURCES: Readonly<Record<string, string>> = {
  included: 'included in the plan',
  purchased: 'bought',
  promotional: 'promotional',
  goodwill: 'goodwill',
  rollover: 'rolled over',
  carried: 'kept for one hold',
  restored: 'restored',
  opening: 'opening balance',
  transferred: 'moved here',
};

export function sourceWords(source: string): string {
  return SOURCES[source] ?? source;
}

/** One line's text: what, how often, and the reason if a person gave one. */
export function lineWords({ action, uses, reason }: Pick<TimelineLine, 'action' | 'uses' | 'reason'>): string {
  const what = action === null ? '' : uses > 1 ? `${action}, ${countText(uses, 'use')}` : action;
  return [what, reason ?? ''].filter((part) => part !== '').join(' · ');
}

const ACCOUNTS: Readonly<Record<string, string>> = {
  available: 'available',
  held: 'held',
  consumed: 'used',
  consumed_unpaid: 'used, unpaid',
  consumed_reversed: 'used, then undone',
  receivable: 'receivable',
  cash: 'cash at Stripe',
  customer_balance: "customer's balance at Stripe",
  unbilled_receivable: 'unbilled receivable',
  tax_payable: 'tax payable',
  refund_clearing: 'refunds on their way',
  out_of_band_clearing: 'settled outside Stripe',
};

export function accountWords(kind: string): string {
  return ACCOUNTS[kind] ?? kind.replaceAll('_', ' ').replace('.', ': ');
}

export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const ACTORS: Readonly<Record<string, string>> = {
  api: 'API',
  plan: 'The plan',
  clock: 'The clock',
  stripe: 'Stripe',
  credits: 'Creditpool',
  recognition: 'Creditpool',
  settlement: 'Creditpool',
};

/** "key:story" → "API key story", "system:x" → "Creditpool", a person's subject as it is. */
export function actorWords(actor: string): string {
  if (actor.startsWith('key:')) return `API key ${actor.slice('key:'.length)}`;
  return actor.startsWith('system:') ? 'Creditpool' : (ACTORS[actor] ?? actor);
}

/** A message of ours as a sentence: a capital letter and a full stop. */
export function sentence(message: string): string {
  const text = sentenceCase(message);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

export const CASE_WORDS: Readonly<Record<CaseKind, string>> = {
  duplicate_usage: 'Usage was counted twice',
  failed_output: 'The work failed',
  billing_error: 'Mistake on the invoice',
  product_unsatisfactory: 'Customer not satisfied',
  order_change: 'The order changed',
  fraudulent: 'Not ordered by the customer',
  goodwill: 'Goodwill',
  dispute: 'Dispute at the bank',
  refund: 'Refund by another hand',
  correction: 'Correction of ours',
};

const STATES: Readonly<Record<CaseState, readonly [words: string, kind: 'plain' | 'good' | 'warn' | 'bad']>> = {
  open: ['not submitted yet', 'plain'],
  waiting: ['waits for approval', 'warn'],
  approved: ['approved', 'warn'],
  executing: ['being done', 'warn'],
  done: ['done', 'good'],
  undone: ['undone', 'plain'],
  refused: ['refused', 'bad'],
  withdrawn: ['withdrawn', 'plain'],
  lapsed: ['nobody answered in time', 'bad'],
  closed: ['nothing to do', 'plain'],
};

export function stateWords(state: CaseState): (typeof STATES)[CaseState] {
  return STATES[state];
}
