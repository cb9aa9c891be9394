import type { CustomerKey } from '../domain/customer.ts';
import type { Draft } from '../domain/entries-invoice.ts';
import { now } from '../storage/clock.ts';
import type { Transaction } from '../storage/database.ts';
import { appendOwnEntries, missingEntries } from '../storage/journal.ts';
import type { Deps } from './deps.ts';

/**
 * Appends those entries of the money book that are not in it yet: once per (object, transition). Null means that
 * nothing moved. The caller holds the customer's lock. Returns the ids of what was new.
 */
export async function postOnce(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  key: CustomerKey,
  drafts: readonly (Draft | null)[],
): Promise<readonly string[]> {
  const wanted = drafts.filter((draft) => draft !== null);
  if (wanted.length === 0) return [];
  const [recordedAt, missing] = await Promise.all([now(trx), missingEntries(trx, key, wanted)]);
  const entries = missing.map((draft) => ({ ...key, ...draft, entryId: deps.newId() }));
  await appendOwnEntries(trx, recordedAt, entries);
  return entries.map(({ entryId }) => entryId);
}
