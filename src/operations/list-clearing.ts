import { CLEARING_WORDS, type OpenClearing } from '../domain/clearing.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { clearingItems, customersWithClearing } from '../storage/clearing.ts';
import { now } from '../storage/clock.ts';
import type { Deps } from './deps.ts';

const DAY_MS = 86_400_000;

/** What has not returned to zero, of one customer or of all, the oldest first. */
export async function listClearing(
  { db }: Pick<Deps, 'db'>,
  customer: CustomerKey | null = null,
): Promise<readonly OpenClearing[]> {
  const instant = await now(db);
  const open: OpenClearing[] = [];
  for (const key of customer === null ? await customersWithClearing(db) : [customer]) {
    for (const item of await clearingItems(db, key)) {
      const days = Math.floor((instant.getTime() - item.since.getTime()) / DAY_MS);
      open.push({ ...item, customerId: key.customerId, days, ...CLEARING_WORDS[item.kind] });
    }
  }
  return open.toSorted((a, b) => a.since.getTime() - b.since.getTime());
}
