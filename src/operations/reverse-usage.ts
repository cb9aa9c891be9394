import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { familyOf, poolWithId } from '../domain/pool-book.ts';
import type { Moment, PoolBook } from '../domain/pool-book.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { undoWaiting } from '../domain/unfunded.ts';
import { reverseUsage as reverse, type ReversedUsage } from '../domain/usage-reversal.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { lockPools, loadPoolBooks } from '../storage/pool-books.ts';
import { findUsage, type FoundUsage } from '../storage/usage-reversals.ts';
import type { Deps } from './deps.ts';
import { saveWatched, watch, type Watched } from './watch-pools.ts';

export interface UsageReversal {
  readonly customer: CustomerKey;
  readonly usageEventIds: readonly string[];
  readonly reason: string;
  readonly ticket: string;
  readonly actor: string;
}

/**
 * Undoes usage events whole, all or none. `byMoney` of an answer is what Stripe has billed: it comes back by a credit
 * note, never as credits.
 */
export async function reverseUsage(
  deps: Deps,
  asked: UsageReversal,
): Promise<{ readonly reversed: readonly ReversedUsage[] } | Refused> {
  return transaction(deps.db, async (trx) => reverseUsageIn(deps, trx, asked));
}

/** The same in the caller's transaction, who may look at what would come of it and say no. */
export async function reverseUsageIn(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  asked: UsageReversal,
  unwanted: (reversed: readonly ReversedUsage[]) => Refused | null = () => null,
): Promise<{ readonly reversed: readonly ReversedUsage[] } | Refused> {
  await lockPools(trx, [asked.customer]);
  const found = await findUsage(trx, asked.customer, asked.usageEventIds);
  const refusal = refusedReversal(asked, found);
  if (refusal !== null) return refusal;
  const { moment, book, before, reversed } = await undo(deps, trx, asked, found, {});
  const otherwise = unwanted(reversed);
  if (otherwise !== null) return otherwise;
  await saveWatched(trx, book, before, moment);
  return { reversed };
}

/** What it would do, with the entries that the books would show. Nothing is locked and nothing is changed. */
export async function rehearseReversal(
  deps: Deps,
  asked: UsageReversal,
): Promise<{ readonly reversed: readonly ReversedUsage[]; readonly entries: readonly JournalEntry[] } | Refused> {
  return transaction(
    deps.db,
    async (trx) => {
      const found = await findUsage(trx, asked.customer, asked.usageEventIds);
      const refusal = refusedReversal(asked, found);
      if (refusal !== null) return refusal;
      const { reversed, entries } = await undo(deps, trx, asked, found, { readOnly: true });
      return { reversed, entries };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

/** Why these events cannot be undone, without undoing them; null when they can. */
export async function refusedUsage(
  trx: Transaction,
  asked: Pick<UsageReversal, 'customer' | 'usageEventIds'>,
): Promise<Refused | null> {
  return refusedReversal(asked, await findUsage(trx, asked.customer, asked.usageEventIds));
}

interface Undone {
  readonly moment: Moment;
  readonly book: PoolBook;
  /** How the pools stood, for the alerts. */
  readonly before: Watched;
  readonly reversed: readonly ReversedUsage[];
  /** The entries of the reversal, without those that time alone posted. */
  readonly entries: readonly JournalEntry[];
}

async function undo(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  asked: UsageReversal,
  found: readonly FoundUsage[],
  mode: { readonly readOnly?: boolean },
): Promise<Undone> {
  const waiting = found.filter((one) => one.waiting);
  const usage = found.flatMap(({ reversible, poolId }) => (reversible === null ? [] : [{ poolId, ...reversible }]));
  const lotIds = usage.flatMap(({ draws }) => draws.map(({ lotId }) => lotId));
  const periodIds = usage.map(({ billingPeriodId }) => billingPeriodId);
  const { now, books } = await loadPoolBooks(trx, [asked.customer], deps.settings, {
    ...mode,
    lotIds,
    periodIds,
    spenders: found.map(({ member, agent }) => ({ customerId: asked.customer.customerId, member, agent })),
  });
  const book = books.get(asked.customer.customerId);
  if (book === undefined) throw new Error(`customer ${asked.customer.customerId} has usage and no pool`);
  const moment = { now, newId: deps.newId };
  const before = watch([book], now);
  // Before time goes on: what waits could be paid by it.
  const forgotten = waiting.map((one) => forget(poolWithId(book, one.poolId), one, moment));
  catchUp(book, moment);
  const earlier = new Set(familyOf(book).flatMap(({ changes }) => changes.entries));
  const reversed = usage.map((one) => reverse(poolWithId(book, one.poolId), one, asked, moment));
  const entries = familyOf(book).flatMap(({ changes }) => changes.entries.filter((entry) => !earlier.has(entry)));
  return { moment, book, before, reversed: [...forgotten, ...reversed], entries };
}

function refusedReversal(asked: Pick<UsageReversal, 'usageEventIds'>, found: readonly FoundUsage[]): Refused | null {
  const known = new Set(found.map(({ usageEventId }) => usageEventId));
  const missing = asked.usageEventIds.filter((id) => !known.has(id));
  if (missing.length > 0) {
    return refuse(
      'unknown_usage_event',
      `${missing.length} of ${asked.usageEventIds.length} usage events are not of this customer.`,
    );
  }
  const done = found.filter(({ reversed }) => reversed);
  if (done.length > 0) {
    return refuse(
      'already_reversed',
      `${done.length} of ${found.length} usage events were reversed before; leave them out.`,
    );
  }
  const unposted = found.filter(({ reversible, waiting }) => reversible === null && !waiting);
  if (unposted.length > 0) {
    return refuse(
      'unknown_usage_event',
      `${unposted.length} of ${found.length} usage events burned nothing, so there is nothing to reverse.`,
    );
  }
  return null;
}

/** Undoes usage that nobody has paid: it waits no longer, and nothing is posted. */
export function forget(
  book: PoolBook,
  { usageEventId, credits }: Pick<FoundUsage, 'usageEventId' | 'credits'>,
  moment: Moment,
): ReversedUsage {
  undoWaiting(book, { usageEventId, credits }, moment);
  return { usageEventId, entryId: null, unfunded: credits, restored: 0n, overage: 0n, debt: 0n, byMoney: 0n };
}
