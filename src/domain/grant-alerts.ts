// What became of grants in one decision, told from its entries: that is nothing for a use, and one look at each grant.
import type { AlertDraft } from './alert.ts';
import { formatCredits } from './amount.ts';
import type { LotState, PoolBook } from './pool-book.ts';
import type { EntryDraft } from './pool-changes.ts';

/** An alert for each grant that was opened, bought or ended by its date; what only moved to another lot is none. */
export function grantAlerts(book: PoolBook): readonly AlertDraft[] {
  return book.changes.entries.flatMap((entry) => {
    if (entry.kind !== 'grant' && entry.kind !== 'lot.expired') return [];
    const [posting] = entry.postings;
    const lot = posting?.lotId === undefined ? undefined : book.lots.get(posting.lotId);
    if (lot === undefined) return [];
    return entry.kind === 'grant' ? granted(book, lot, entry) : [expired(book, lot, entry)];
  });
}

function granted(book: PoolBook, lot: LotState, entry: EntryDraft): readonly AlertDraft[] {
  const grant = { ...shown(book, lot), granted: formatCredits(lot.granted) };
  const created: AlertDraft = {
    // An entry opens one lot, so that its id names the alert too.
    alertId: entry.entryId,
    kind: 'grant.created',
    key: `grant.created/${lot.lotId}`,
    data: { ...grant, effective_at: lot.effectiveAt.toISOString() },
  };
  if (lot.source !== 'purchased' || lot.sourceType !== 'invoice_line') return [created];
  const bought: AlertDraft = {
    alertId: lot.lotId,
    kind: 'top_up.completed',
    key: `top_up.completed/${lot.lotId}`,
    data: {
      ...grant,
      invoice: entry.stripe?.['invoice'] ?? null,
      amount_minor: lot.paidMinor.toString(),
      currency: lot.paidCurrency,
    },
  };
  return [created, bought];
}

function expired(book: PoolBook, lot: LotState, { entryId, postings }: EntryDraft): AlertDraft {
  const amount = postings.reduce((sum, posting) => sum + posting.amount, 0n);
  const data = { ...shown(book, lot), expired: formatCredits(amount) };
  return { alertId: entryId, kind: 'grant.expired', key: `grant.expired/${entryId}`, data };
}

function shown({ member }: PoolBook, { lotId, source, expiresAt }: LotState): AlertDraft['data'] {
  return { grant: lotId, source, member, expires_at: expiresAt?.toISOString() ?? null };
}
