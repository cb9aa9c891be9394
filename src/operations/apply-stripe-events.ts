import { finishStripeEvent, type LeasedEvent, leaseStripeEvents, returnStripeEvent } from '../storage/stripe-events.ts';
import type { Handlers } from '../stripe/events.ts';
import { stripeFailure } from '../stripe/failures.ts';
import type { Deps } from './deps.ts';

export interface ApplyResult {
  readonly applied: number;
  readonly ignored: number;
  /** To be tried again later. */
  readonly postponed: number;
  readonly parked: number;
}

const LEASE_SECONDS = 120;
const ATTEMPTS_MAX = 8;
const PAUSE_SECONDS_MAX = 300;
const WORKERS = 4;

/**
 * Applies up to `limit` waiting events. A handler that fails is tried again with growing pauses; one that fails for a
 * reason of its own is parked after eight attempts and never blocks another event. While Stripe or our key is at
 * fault the event keeps waiting.
 */
export async function applyStripeEvents(
  deps: Deps,
  registry: Handlers<Deps>,
  { limit }: { readonly limit: number },
): Promise<ApplyResult> {
  const waiting = [...(await leaseStripeEvents(deps.db, { limit, leaseSeconds: LEASE_SECONDS }))];
  const counts = { applied: 0, ignored: 0, postponed: 0, parked: 0 };
  const work = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      counts[await applyEvent(deps, registry, event)] += 1;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return counts;
}

async function applyEvent(deps: Deps, registry: Handlers<Deps>, event: LeasedEvent): Promise<keyof ApplyResult> {
  const handler = Object.hasOwn(registry, event.type) ? registry[event.type] : undefined;
  if (handler === undefined) {
    await finishStripeEvent(deps.db, event, { state: 'ignored', outcome: 'nobody handles this type' });
    return 'ignored';
  }
  try {
    const outcome = await handler(event, deps);
    const state = 'applied' in outcome ? 'applied' : 'ignored';
    await finishStripeEvent(deps.db, event, {
      state,
      outcome: 'applied' in outcome ? outcome.applied : outcome.ignored,
    });
    return state;
  } catch (error) {
    return postponeOrPark(deps, event, error);
  }
}

async function postponeOrPark(deps: Deps, event: LeasedEvent, error: unknown): Promise<'postponed' | 'parked'> {
  const failure = stripeFailure(error);
  const outcome = failure?.reason ?? (error instanceof Error ? error.message : String(error));
  const fields = { event: event.eventId, type: event.type, attempts: event.attempts, error: outcome };
  const isPoison = failure === null || failure.kind === 'refused';
  if (isPoison && event.attempts >= ATTEMPTS_MAX) {
    deps.log.error(fields, 'parked a Stripe event');
    await finishStripeEvent(deps.db, event, { state: 'parked', outcome });
    return 'parked';
  }
  deps.log.warn(fields, 'a Stripe event will be tried again');
  const afterSeconds = Math.min(PAUSE_SECONDS_MAX, 2 ** Math.min(event.attempts, 9) - 1);
  await returnStripeEvent(deps.db, event, { afterSeconds, outcome });
  return 'postponed';
}
