// The accounting manual's pages on invoices: what is owed from the moment Stripe finalizes, and what becomes of it.
// Everything is posted from mirrored facts and Stripe's own transition times, so that a state that was skipped is
// posted all the same. A function returns null where nothing moves.
import type { MoneyAccountKind } from './account.ts';
import { type Invoice, type InvoiceLine, isUsage, lineNet, type LineKind } from './invoice.ts';
import { type JournalEntry, type Posting, reversed } from './journal.ts';
import { moved, STRIPE, sum } from './money-postings.ts';

export type Draft = Omit<JournalEntry, 'entryId'>;

/** Where a line's money waits or is earned, and what a credit note takes it back from. */
export const ACCOUNT_OF_LINE: Readonly<Record<LineKind, MoneyAccountKind>> = {
  base: 'deferred.subscription',
  usage: 'unbilled_receivable',
  correction: 'unbilled_receivable',
  pack: 'deferred.credits',
  rounding: 'rounding',
  other: 'revenue.other',
};

/** Finalized: the customer owes the total. Usage turns from unbilled to billed, fees and packs are owed to him yet. */
export function invoiceFinalized(invoice: Invoice): Draft | null {
  const { currency, lines } = invoice;
  const of = (kinds: readonly LineKind[]): bigint => sum(lines.filter(({ kind }) => kinds.includes(kind)).map(lineNet));
  const tax = sum(lines.map(({ taxMinor }) => taxMinor));
  // Three-decimal currencies are charged in tens: what Stripe rounds after tax belongs to no line.
  const rest = invoice.totalMinor - sum(lines.map(lineNet)) - tax;
  return entry(invoice, 'invoice.finalized', invoice.finalizedAt, [
    ...moved('deferred.subscription', 'receivable', of(['base']), currency),
    ...moved('unbilled_receivable', 'receivable', of(['usage', 'correction']), currency),
    ...moved('deferred.credits', 'receivable', of(['pack']), currency),
    ...moved('revenue.other', 'receivable', of(['other']), currency),
    ...moved('tax_payable', 'receivable', tax, currency),
    ...moved('rounding', 'receivable', rest + of(['rounding']), currency),
  ]);
}

/** The customer balance paid a part, or debt in it was added, or a total too small to charge was moved into it. */
export function balanceApplied(invoice: Invoice): Draft | null {
  const { startingBalanceMinor: before, endingBalanceMinor: after, currency } = invoice;
  if (after === null) return null;
  const isTooSmall = before >= 0n && after > before;
  const kind = isTooSmall ? 'invoice.too_small' : 'invoice.balance_applied';
  return entry(invoice, kind, invoice.finalizedAt, moved('receivable', 'customer_balance', after - before, currency));
}

/** Marked uncollectible: what was open then is written off. */
export function invoiceUncollectible(invoice: Invoice): Draft | null {
  const { uncollectibleAt: at, currency } = invoice;
  if (at === null) return null;
  return entry(
    invoice,
    'invoice.marked_uncollectible',
    at,
    moved('receivable', 'bad_debt', openAt(invoice, at), currency),
  );
}

/** Paid after it was written off: the loss comes back, and the payment finds its receivable. */
export function invoiceRecovered(invoice: Invoice): Draft | null {
  const { uncollectibleAt: at, paidAt, currency } = invoice;
  if (at === null || paidAt === null) return null;
  return entry(invoice, 'invoice.recovered', paidAt, moved('bad_debt', 'receivable', openAt(invoice, at), currency));
}

/** Voided: everything it did to the books so far, except money that really came, is undone. */
export function invoiceVoided(invoice: Invoice, posted: readonly Posting[]): Draft | null {
  return entry(invoice, 'invoice.voided', invoice.voidedAt, reversed(posted));
}

/** Customers see what Stripe netted away; so do the books. */
export function nettedAway(lines: readonly InvoiceLine[]): { readonly discounts: bigint; readonly credits: bigint } {
  return {
    discounts: sum(lines.map(({ discountsMinor }) => discountsMinor)),
    credits: sum(lines.map(({ creditsAppliedMinor }) => creditsAppliedMinor)),
  };
}

/** What an invoice asks for usage and its corrections, after discounts and credits, without tax. */
export function usageNet(lines: readonly InvoiceLine[]): bigint {
  return sum(lines.filter(isUsage).map(lineNet));
}

/** What was open at an instant: due at finalization, less what was paid before. A payment of the same second came after. */
function openAt({ amountDueMinor, payments }: Invoice, at: Date): bigint {
  const before = payments.filter(({ paidAt }) => paidAt !== null && paidAt < at);
  return amountDueMinor - sum(before.map(({ amountPaidMinor }) => amountPaidMinor));
}

function entry(invoice: Invoice, kind: string, at: Date | null, postings: readonly Posting[]): Draft | null {
  if (at === null || postings.length === 0) return null;
  const { discounts, credits } = nettedAway(invoice.lines);
  return {
    kind,
    effectiveAt: at,
    actor: STRIPE,
    sourceType: 'stripe_invoice',
    sourceId: invoice.invoiceId,
    stripe: {
      invoice: invoice.invoiceId,
      ...(invoice.number !== null && { number: invoice.number }),
      ...(discounts !== 0n && { discounts_minor: discounts.toString() }),
      ...(credits !== 0n && { credits_applied_minor: credits.toString() }),
    },
    postings,
  };
}
