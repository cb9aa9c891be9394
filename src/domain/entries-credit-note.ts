// The accounting manual's page on credit notes. The whole note comes off the receivable; what had been paid already is
// owed back another way and returns to it. By the note's own lines: usage comes off usage revenue, fees and packs off
// what is still deferred. What of those was revenue already, recognition takes back by its own rule, at once.
import type { MoneyAccountKind } from './account.ts';
import { lesser } from './amount.ts';
import { type CreditNote, type CreditNoteLine, noteLineNet, noteLineTotal } from './credit-note.ts';
import type { Draft } from './entries-invoice.ts';
import { type InvoiceLine, lineNet, type LineKind } from './invoice.ts';
import { type Posting, reversed } from './journal.ts';
import { moved, STRIPE, sum } from './money-postings.ts';

const TAKEN_FROM: Readonly<Record<LineKind, MoneyAccountKind>> = {
  base: 'deferred.subscription',
  usage: 'revenue.usage',
  correction: 'revenue.usage',
  pack: 'deferred.credits',
  rounding: 'rounding',
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
  const kindOf = (line: CreditNoteLine): LineKind | undefined => kinds.get(line.invoiceLineId ?? '');
  const named = note.lines.flatMap((line) => {
    const kind = kindOf(line);
    return kind === undefined ? [] : moved('receivable', TAKEN_FROM[kind], noteLineNet(line), currency);
  });
  const unnamed = sum(note.lines.filter((line) => kindOf(line) === undefined).map(noteLineNet));
  const rest = note.totalMinor - sum(note.lines.map(noteLineTotal));
  return entry(note, 'credit_note.issued', note.createdAt, [
    ...named,
    ...withoutLine(note.lines.length === 0 ? rest : unnamed, currency, lines),
    ...moved('receivable', 'tax_payable', sum(note.lines.map(({ taxMinor }) => taxMinor)), currency),
    ...moved('receivable', 'rounding', note.lines.length === 0 ? 0n : rest, currency),
    ...moved('customer_balance', 'receivable', note.customerBalanceMinor, currency),
    ...moved('refund_clearing', 'receivable', note.refundMinor, currency),
    ...moved('out_of_band_clearing', 'receivable', note.outOfBandMinor, currency),
  ]);
}

/** Voided: the opposite of what its issue posted. */
export function creditNoteVoided(note: CreditNote, posted: readonly Posting[]): Draft | null {
  return note.voidedAt === null ? null : entry(note, 'credit_note.voided', note.voidedAt, reversed(posted));
}

/** What a note gives back without naming a line comes off the invoice's lines in their order, each up to its total. */
function withoutLine(amount: bigint, currency: string, lines: readonly NotedLine[]): readonly Posting[] {
  const postings: Posting[] = [];
  let left = amount;
  for (const line of lines) {
    const net = lineNet(line);
    if (left <= 0n || net <= 0n) continue;
    const taken = lesser(net, left);
    postings.push(...moved('receivable', TAKEN_FROM[line.kind], taken, currency));
    left -= taken;
  }
  return [...postings, ...moved('receivable', 'rounding', left, currency)];
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
