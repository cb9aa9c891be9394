import type { CustomerKey } from '../../domain/customer.ts';
import { type FoundUsage, usageWithIds } from '../../storage/search.ts';
import type { Deps } from '../deps.ts';

export type NamedUsage = FoundUsage;

/** The usage events of a customer that a form names; those of others are not among them. */
export async function readNamedUsage(
  { db }: Pick<Deps, 'db'>,
  customer: CustomerKey,
  usageEventIds: readonly string[],
): Promise<readonly NamedUsage[]> {
  return usageWithIds(db, customer, usageEventIds);
}
