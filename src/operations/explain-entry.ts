import { lesser } from '../domain/amount.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { Draw } from '../domain/drawdown.ts';
import type { ExplainedEntry, ExplainedPosting } from '../domain/entry-explanation.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import {
  explainedEntry,
  explainedPostings,
  type ExplainedUsage,
  explainedUsage,
} from '../storage/entry-explanations.ts';
import { type ShownHold, shownHold } from '../storage/statements.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read-customer.ts';

export interface EntryExplanation {
  readonly entry: ExplainedEntry;
  readonly postings: readonly ExplainedPosting[];
  readonly usage: readonly (ExplainedUsage & { readonly draws: readonly Draw[] })[];
  readonly hasMoreUsage: boolean;
  readonly hold: ShownHold | null;
}

const USAGE_SHOWN_MAX = 1_000;

/** One entry with everything that stands behind it; naming the customer makes it a single look-up. */
export async function explainEntry(
  deps: Pick<Deps, 'db'>,
  { entryId, customer: name }: { readonly entryId: string; readonly customer: string | null },
): Promise<EntryExplanation | Refused> {
  let customer: CustomerKey | null = null;
  if (name !== null) {
    const found = await findCustomer(deps, name);
    if ('rejected' in found) return found;
    customer = found;
  }
  const entry = await explainedEntry(deps.db, entryId, customer);
  if (entry === null) return refuse('unknown_entry', 'No entry of the ledger has this id.', { param: 'id' });
  const postings = await explainedPostings(deps.db, entry, entryId);
  const usage = await explainedUsage(deps.db, entry, USAGE_SHOWN_MAX + 1);
  const isBurn = entry.kind === 'usage.burn';
  const holdId = entry.sourceType === 'hold' ? entry.sourceId.split('/')[0] : undefined;
  return {
    entry,
    postings,
    usage: usage
      .slice(0, USAGE_SHOWN_MAX)
      .map((event) => ({ ...event, draws: isBurn ? shareOf(postings, event) : [] })),
    hasMoreUsage: usage.length > USAGE_SHOWN_MAX,
    hold: holdId === undefined ? null : await shownHold(deps.db, holdId),
  };
}

/** The part of a burn's postings that one of its events made: postings follow the events in their order. */
function shareOf(postings: readonly ExplainedPosting[], { offset, credits }: ExplainedUsage): readonly Draw[] {
  const draws: Draw[] = [];
  let start = 0n;
  for (const { lotId, amount } of postings) {
    const from = start > offset ? start : offset;
    const to = lesser(start + amount, offset + credits);
    if (lotId !== null && to > from) draws.push({ lotId, amount: to - from });
    start += amount;
  }
  return draws;
}
