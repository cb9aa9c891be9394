// An exception: something went wrong for a customer, and somebody puts it right. What it is says which evidence it
// needs; the evidence is also what is acted on, so that nothing is undone that nobody named.
import type { NoteSettlement, OrderedLine } from './credit-note-order.ts';
import { refuse, type Refused } from './rejection.ts';

export const CASE_KINDS = [
  'duplicate_usage',
  'failed_output',
  'billing_error',
  'product_unsatisfactory',
  'order_change',
  'fraudulent',
  'goodwill',
  'dispute',
  'refund',
  'correction',
] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export const CASE_STATES = [
  'open',
  'waiting',
  'approved',
  'executing',
  'done',
  'undone',
  'refused',
  'withdrawn',
  'lapsed',
  'closed',
] as const;
/**
 * open: evidence is gathered. waiting: for a second person. approved: released and not begun. executing: Stripe or we
 * are at it, and it goes on by itself. undone: goodwill that was taken back. closed: nothing had to be done here.
 */
export type CaseState = (typeof CASE_STATES)[number];

export interface Evidence {
  /** Of the host's help desk. */
  readonly ticket: string | null;
  readonly invoiceId: string | null;
  readonly usageEventIds: readonly string[];
  /** The lot that a correction takes credits back from. */
  readonly lotId: string | null;
  /** Stripe's id of the dispute or refund that it is about. */
  readonly stripeObject: string | null;
  /** What happened, in a person's words. */
  readonly explanation: string | null;
}

export const NO_EVIDENCE: Evidence = {
  ticket: null,
  invoiceId: null,
  usageEventIds: [],
  lotId: null,
  stripeObject: null,
  explanation: null,
};

/** Usage that is named as evidence is undone: before its cut-off it never happened, afterwards it comes back as credits. */
export interface RestoreCredits {
  readonly type: 'restore_credits';
}

/** A credit note on the invoice that is named as evidence: refund, customer balance, out of band, or less to pay. */
export interface GiveMoney {
  readonly type: 'credit_note';
  /** Absent: `amountMinor` is taken from the lines, usage first. */
  readonly lines?: readonly OrderedLine[];
  readonly amountMinor?: bigint;
  readonly settlement: NoteSettlement;
  /** Whether the usage that is named goes back with it. */
  readonly reverseUsage: boolean;
  /** Printed on the note. */
  readonly memo: string | null;
  /** Whether Stripe mails the note. */
  readonly emailCustomer: boolean;
}

/** Credits for usage to come, as a new lot that nobody paid for. */
export interface AdjustFutureUsage {
  readonly type: 'adjust_future_usage';
  /** Micro-credits. */
  readonly amount: bigint;
  readonly expiresAt: Date | null;
  readonly features: readonly string[] | null;
}

/** What is unspent of a lot that was given by mistake ends. */
export interface TakeBackCredits {
  readonly type: 'take_back_credits';
}

export type Outcome = RestoreCredits | GiveMoney | AdjustFutureUsage | TakeBackCredits;

export type EvidenceName = 'ticket' | 'invoice' | 'usage_events' | 'lot' | 'stripe_object' | 'explanation';

const NEEDED: Readonly<Record<CaseKind, readonly EvidenceName[]>> = {
  duplicate_usage: ['ticket', 'usage_events'],
  failed_output: ['ticket', 'usage_events'],
  billing_error: ['ticket', 'invoice'],
  product_unsatisfactory: ['ticket', 'invoice'],
  order_change: ['ticket', 'invoice'],
  fraudulent: ['ticket', 'invoice'],
  goodwill: ['ticket'],
  dispute: ['ticket', 'stripe_object'],
  refund: ['ticket', 'stripe_object'],
  correction: ['ticket', 'explanation'],
};

const ACTED_ON: Readonly<Record<Outcome['type'], readonly EvidenceName[]>> = {
  restore_credits: ['usage_events'],
  credit_note: ['invoice'],
  adjust_future_usage: [],
  take_back_credits: ['lot'],
};

/** What a case of this kind and outcome cannot be executed without. */
function neededEvidence(kind: CaseKind, outcome: Outcome | null): readonly EvidenceName[] {
  const acted = outcome === null ? [] : ACTED_ON[outcome.type];
  const undone = outcome?.type === 'credit_note' && outcome.reverseUsage ? (['usage_events'] as const) : [];
  return [...new Set([...NEEDED[kind], ...acted, ...undone])];
}

export function missingEvidence(kind: CaseKind, outcome: Outcome | null, evidence: Evidence): readonly EvidenceName[] {
  return neededEvidence(kind, outcome).filter((name) => !isThere(evidence, name));
}

/** Why it cannot be submitted as it stands; null when it can. */
export function refusedEvidence(kind: CaseKind, outcome: Outcome | null, evidence: Evidence): Refused | null {
  if (outcome === null) {
    return refuse('evidence_missing', 'say what shall be done: an outcome is needed before a case can be submitted', {
      param: 'outcome',
      details: { missing: ['outcome'] },
    });
  }
  const missing = missingEvidence(kind, outcome, evidence);
  const [first] = missing;
  if (first === undefined) return null;
  const sentence = `a case of ${kind} with the outcome ${outcome.type} needs ${missing.join(', ')} before it can be submitted`;
  return refuse('evidence_missing', sentence, { param: first, details: { missing } });
}

function isThere(evidence: Evidence, name: EvidenceName): boolean {
  switch (name) {
    case 'ticket':
      return hasText(evidence.ticket);
    case 'invoice':
      return evidence.invoiceId !== null;
    case 'usage_events':
      return evidence.usageEventIds.length > 0;
    case 'lot':
      return evidence.lotId !== null;
    case 'stripe_object':
      return evidence.stripeObject !== null;
    case 'explanation':
      return hasText(evidence.explanation);
  }
}

function hasText(text: string | null): boolean {
  return text !== null && text.trim() !== '';
}

/** The states in which evidence and outcome may change; what was agreed to is void then. */
export function mayChange(state: CaseState): boolean {
  return state === 'open' || state === 'waiting' || state === 'approved' || state === 'lapsed' || state === 'refused';
}
