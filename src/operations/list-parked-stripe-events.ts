import { describeParkedEvent, type ParkedWords } from '../domain/parked.ts';
import { listParkedStripeEvents as readParked, type ParkedStripeEvent } from '../storage/parked.ts';
import type { Deps } from './deps.ts';

/** Stripe events that could not be applied after their last attempt, oldest first, and in words what to do about each. */
export async function listParkedStripeEvents(
  deps: Deps,
  limit: number,
  after: string | null = null,
): Promise<{ events: readonly (ParkedStripeEvent & ParkedWords)[]; hasMore: boolean }> {
  const rows = await readParked(deps.db, limit + 1, after);
  return {
    events: rows.slice(0, limit).map((row) => ({ ...row, ...describeParkedEvent(row) })),
    hasMore: rows.length > limit,
  };
}
