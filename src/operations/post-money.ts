import type { CustomerKey } from '../domain/customer.ts';
import type { Draft } from '../domain/entries-invoice.ts';
import { now } from '../storage/clock.ts';
import type { Transaction } from '../storage/database.ts';
import { appendEntries, entryExists } from '../storage/journal.ts';
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
  const recordedAt = await now(trx);
  const entryIds: string[] = [];
  for (const draft of drafts) {
    if (draft === null || (await entryExists(trx, key, draft.sourceType, draft.sourceId, draft.kind))) continue;
    const entryId = deps.newId();
    await appendEntries(trx, recordedAt, [{ lane: key.lane, customerId: key.customerId, ...draft, entryId }]);
    entryIds.push(entryId);
  }
  return entryIds;
}
