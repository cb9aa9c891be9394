// One event in the books and its movements. Direction is in the names, so an unbalanced entry cannot be written down.
import { accountName, type AccountKey } from './account.ts';

export interface Posting {
  readonly from: AccountKey;
  readonly to: AccountKey;
  readonly amount: bigint;
  /** The lot whose stock this moves; a draw is a posting with a lot. */
  readonly lotId?: string;
}

export interface JournalEntry {
  readonly entryId: string;
  /** Dotted code of the accounting manual, the transition of its source. */
  readonly kind: string;
  readonly effectiveAt: Date;
  readonly actor: string;
  readonly reason?: string;
  /** With kind and source an entry exists once per customer; 'usage' alone is unique by its events. */
  readonly sourceType: string;
  readonly sourceId: string;
  readonly billingPeriodId?: string;
  /** First day (YYYY-MM-01) of the month that late usage really belongs to. */
  readonly belongsTo?: string;
  readonly planVersionId?: string;
  readonly burnRateId?: string;
  readonly reversalOf?: string;
  readonly stripe?: Readonly<Record<string, string>>;
  readonly postings: readonly Posting[];
}

/** Checks what must hold for every entry; throws on a posting that moves nothing, goes nowhere or changes unit. */
export function journalEntry(entry: JournalEntry): JournalEntry {
  if (entry.postings.length === 0) throw new Error(`${entry.kind}: an entry without a posting says nothing`);
  for (const { from, to, amount } of entry.postings) {
    if (amount <= 0n) throw new Error(`${entry.kind}: a posting must move something, got ${amount}`);
    if (from.unit !== to.unit) throw new Error(`${entry.kind}: ${from.unit} cannot become ${to.unit}`);
    if (accountName(from) === accountName(to))
      throw new Error(`${entry.kind}: a posting cannot return to ${from.kind}`);
  }
  return entry;
}

/** The mirror of an entry's postings, last first. */
export function reversed(postings: readonly Posting[]): readonly Posting[] {
  return postings.toReversed().map((posting) => ({ ...posting, from: posting.to, to: posting.from }));
}
