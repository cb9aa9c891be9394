import { setTimeout as sleep } from 'node:timers/promises';

import { applyStripeEvents } from '../operations/apply-stripe-events.ts';
import { isArriving } from '../operations/arrivals.ts';
import type { Deps } from '../operations/deps.ts';

const BATCH = 1_000;
/** How long a burst of deliveries may gather before it is applied: what comes together is cheaper together. */
const BURST_MS_MAX = 100;
const LULL_MS = 1;

/** One turn of the inbox; returns how many events it ended. */
export async function applyInbox(deps: Deps, handlers: Parameters<typeof applyStripeEvents>[1]): Promise<number> {
  const until = performance.now() + BURST_MS_MAX;
  while (isArriving(deps.db) && performance.now() < until) await sleep(LULL_MS);
  const { applied, ignored, parked } = await applyStripeEvents(deps, handlers, { limit: BATCH });
  return applied + ignored + parked;
}
