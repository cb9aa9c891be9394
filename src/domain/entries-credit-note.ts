// The accounting manual's page on credit notes. The whole note comes off the receivable; what had been paid already is
// owed back another way and returns to it. By the note's own lines: usage comes off usage revenue, fees and packs off
// what is still deferred. What of those was revenue already, recognition takes back by its own rule, at once.
import type { MoneyAccountKind } from './account.ts';
import { type CreditNote, noteLineNet, noteLineTotal } from './credit-note.ts';
import type { Draft } from './entries-invoice.ts';
import { type InvoiceLine, lineTotal, type LineKind } from './invoice.ts';
import type { Posting } from './journal.ts';
import { moved, STRIPE, sum } from './money-postings.ts';

const TAKEN_FROM: Readonly<Record<LineKind, MoneyAccountKind>> = {
  base: 'deferred.subscription',
  usage: 'revenue.usage',
  correction: 'revenue.usage',
  pack: 'deferred.credits',
  other: 'revenue.other',
};

/** What credit notes need to know of an invoice's line. */
export type NotedLine = Pick<
  InvoiceLine,
  'lineId' | 'kind' | 'amountMinor' | 'discountsMinor' | 'creditsAppliedMinor' | 'taxMinor' | 'inclusiveTaxMinor'
>;

/** Issued: less is owed, and what was paid too much goes back, to the balance, or by another way. */
export function creditNoteIssued(note: CreditNote, lines: readonly NotedLine[]): Draft | null {
  const { currency } = note;
  const kinds = new Map(lines.map(({ lineId, kind }) => [lineId, kind]));
  const kindOf = (id: string | null): LineKind => (id === null ? undefined : kinds.get(id)) ?? 'other';
  const rest = note.totalMinor - sum(note.lines.map(noteLineTotal));
  const postings = [
    ...note.lines.flatMap((line) =>
      moved('receivable', TAKEN_FROM[kindOf(line.invoiceLineId)], noteLineNet(line), currency),
    ),
    ...moved('receivable', 'tax_payable', sum(note.lines.map(({ taxMinor }) => taxMinor)), currency),
    ...withoutLine(rest, note, lines),
    ...moved('customer_balance', 'receivable', note.customerBalanceMinor, currency),
    ...moved('refund_clearing', 'receivable', note.refundMinor, currency),
    ...moved('out_of_band_clearing', 'receivable', note.outOfBandMinor, currency),
  ];
  return entry(note, 'credit_note.issued', note.createdAt, postings);
}

/** Voided: the opposite of what its issue posted. */
export function creditNoteVoided(note: CreditNote, posted: readonly Posting[]): Draft | null {
  const postings = posted.toReversed().map(({ from, to, amount }) => ({ from: to, to: from, amount }));
  return note.voidedAt === null ? null : entry(note, 'credit_note.voided', note.voidedAt, postings);
}

/** What a note gives back without naming a line comes off the invoice's lines in their order, each up to its total. */
function withoutLine(rest: bigint, note: CreditNote, lines: readonly NotedLine[]): readonly Posting[] {
  if (note.lines.length > 0) return moved('receivable', 'rounding', rest, note.currency);
  const postings: Posting[] = [];
  let left = rest;
  for (const line of lines) {
    const total = lineTotal({ ...line } as InvoiceLine);
    if (left <= 0n || total <= 0n) continue;
    const taken = total < left ? total : left;
    postings.push(...moved('receivable', TAKEN_FROM[line.kind], taken, note.currency));
    left -= taken;
  }
  return [...postings, ...moved('receivable', 'rounding', left, note.currency)];
}

function entry(note: CreditNote, kind: string, at: Date, postings: readonly Posting[]): Draft | null {
  if (postings.length === 0) return null;
  const reason = note.metadata['reason'] ?? note.reason;
  return {
    kind,
    effectiveAt: at,
    actor: STRIPE,
    ...(reason !== null && { reason }),
    sourceType: 'stripe_credit_note',
    sourceId: note.creditNoteId,
    stripe: {
      credit_note: note.creditNoteId,
      invoice: note.invoiceId,
      ...(note.number !== null && { number: note.number }),
    },
    postings,
  };
}
