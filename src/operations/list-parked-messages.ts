import { describeParkedMessage, type ParkedWords } from '../domain/parked.ts';
import { listParkedMessages as readParked, type ParkedMessage } from '../storage/parked.ts';
import type { Deps } from './deps.ts';

/** Messages for Stripe that stopped after their last attempt, oldest first, and in words what to do about each. */
export async function listParkedMessages(
  deps: Deps,
  limit: number,
  after: string | null = null,
): Promise<{ messages: readonly (ParkedMessage & ParkedWords)[]; hasMore: boolean }> {
  const rows = await readParked(deps.db, limit + 1, after);
  return {
    messages: rows.slice(0, limit).map((row) => ({ ...row, ...describeParkedMessage(row) })),
    hasMore: rows.length > limit,
  };
}
