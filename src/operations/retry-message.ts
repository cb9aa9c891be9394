import { findParkedMessage, retryParkedMessage } from '../storage/parked.ts';
import type { Deps } from './deps.ts';

/** Sends a parked message again, after a look whether it reached Stripe; false when no parked message has this id. */
export async function retryMessage(deps: Deps, id: string): Promise<boolean> {
  if (!/^\d{1,18}$/.test(id)) return false;
  const found = await findParkedMessage(deps.db, BigInt(id));
  return found !== null && (await retryParkedMessage(deps.db, found, found.outboxId));
}
