import { listParkedStripeEvents as readParked, type ParkedStripeEvent } from '../storage/parked.ts';
import type { Deps } from './deps.ts';

/** Stripe events that could not be applied after their last attempt, oldest first. */
export async function listParkedStripeEvents(
  deps: Deps,
  limit: number,
): Promise<{ events: readonly ParkedStripeEvent[]; hasMore: boolean }> {
  const rows = await readParked(deps.db, limit + 1);
  return { events: rows.slice(0, limit), hasMore: rows.length > limit };
}
