import { replayParkedStripeEvent } from '../storage/parked.ts';
import type { Deps } from './deps.ts';

/** Puts a parked Stripe event back into the inbox; false when no parked event has this id. */
export async function replayStripeEvent(deps: Deps, eventId: string): Promise<boolean> {
  return replayParkedStripeEvent(deps.db, eventId);
}
