import type { StripeEvent } from '../domain/stripe-event.ts';
import { now, wallTime } from '../storage/clock.ts';
import { readDeployment } from '../storage/deployment.ts';
import { moveCursor, readCursor } from '../storage/stripe-cursors.ts';
import { storeStripeEvents } from '../storage/stripe-events.ts';
import { listEvents, listMeterReports, refuseForeignEvent } from '../stripe/events.ts';
import { stripeFailure } from '../stripe/failures.ts';
import type { Deps } from './deps.ts';

const CURSOR = 'events';
/** Stripe keeps events for 30 days. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** Events may appear late and share a second; what is listed twice is stored once. */
const OVERLAP_MS = 2 * 3_600_000;

const PAGE = 100;

export interface GapFilled {
  readonly listed: number;
  readonly found: number;
}

/** Lists what Stripe has to tell since the last time, with an overlap, and stores what no webhook brought. */
export async function fillEventGap(deps: Deps): Promise<GapFilled> {
  const ours = await readDeployment(deps.db);
  if (ours === null) throw new Error('the database is not stamped with a Stripe account yet');
  // Stripe stamps events by its own time. A sandbox's clock may lie behind the wall's, and the simulator's with it.
  const startedAt = earlier(await wallTime(deps.db), await now(deps.db));
  const cursor = await readCursor(deps.db, CURSOR);
  const since = cursor === null ? startedAt.getTime() - KEPT_MS : cursor.getTime() - OVERLAP_MS;
  let listed = 0;
  let found = 0;
  const page: StripeEvent[] = [];
  const store = async (): Promise<number> => (await storeStripeEvents(deps.db, page.splice(0), 'gap_filler')).size;
  for await (const event of both(deps, new Date(since))) {
    listed += 1;
    if (refuseForeignEvent(event, ours) !== null) continue;
    page.push(event);
    if (page.length === PAGE) found += await store();
  }
  found += await store();
  // Only now: a listing that broke off is begun again from the old position.
  await moveCursor(deps.db, CURSOR, startedAt);
  if (found > 0) deps.log.warn({ found, listed }, 'Stripe had events that no webhook brought');
  return { listed, found };
}

async function* both({ stripe, log }: Deps, since: Date): AsyncGenerator<StripeEvent> {
  yield* listEvents(stripe, since);
  try {
    yield* listMeterReports(stripe, since);
  } catch (error) {
    // Restricted keys have had no rights to the v2 API; what they cannot list, a thin destination still delivers.
    const failure = stripeFailure(error);
    if (failure?.kind !== 'misconfigured') throw error;
    log.warn(
      { reason: failure.reason },
      'our key may not list thin events: only their deliveries tell of usage errors',
    );
  }
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
