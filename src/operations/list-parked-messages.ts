import { listParkedMessages as readParked, type ParkedMessage } from '../storage/parked.ts';
import type { Deps } from './deps.ts';

/** Messages for Stripe that stopped after their last attempt, oldest first. */
export async function listParkedMessages(
  deps: Deps,
  limit: number,
): Promise<{ messages: readonly ParkedMessage[]; hasMore: boolean }> {
  const rows = await readParked(deps.db, limit + 1);
  return { messages: rows.slice(0, limit), hasMore: rows.length > limit };
}
