import {
  type FinishedEvent,
  finishStripeEvents,
  type LeasedEvent,
  leaseStripeEvents,
  returnStripeEvent,
} from '../storage/stripe-events.ts';
import { readRest } from '../storage/stripe-line.ts';
import type { Handlers, Mirror, Outcome, Sighting } from '../stripe/events.ts';
import { stripeFailure } from '../stripe/failures.ts';
import type { Deps } from './deps.ts';
import type { SharedSighting } from './fetch-lives.ts';
import { lookTogether } from './look-together.ts';

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
const WORKERS = 8;
/** A commit for so many at once; after a crash those that were not noted yet are looked at again, which changes nothing. */
const FINISHED_TOGETHER = 50;

/** Events that one piece of work serves. */
interface Piece {
  readonly events: readonly LeasedEvent[];
  readonly work: (deps: Deps) => Promise<Outcome>;
  /** What it looks at, where others may be looked at with it. */
  readonly shared?: () => SharedSighting;
}

/**
 * Applies up to `limit` waiting events; those about one thing cost one look at it, and the usual looks are taken
 * together. Where that fails each is taken by itself, so that nothing stands in another's way. A handler that fails is
 * tried again with growing pauses; one that fails for a reason of its own is parked after eight attempts and never blocks
 * another event. While Stripe or our key is at fault the event keeps waiting.
 */
export async function applyStripeEvents(
  deps: Deps,
  registry: Handlers<Deps>,
  { limit }: { readonly limit: number },
): Promise<ApplyResult> {
  const counts = { applied: 0, ignored: 0, postponed: 0, parked: 0 };
  const { since, leftMs } = await readRest(deps.db);
  if (leftMs > 0) return counts;
  // While nobody knows whether Stripe is back, one event finds out.
  const most = since === null ? limit : 1;
  const leased = await leaseStripeEvents(deps.db, { limit: most, leaseSeconds: LEASE_SECONDS });
  const pieces = (await applyTogether(deps, piecesOf(leased, registry), counts)).values();
  const finished: FinishedEvent[] = [];
  const work = async (): Promise<void> => {
    for (const piece of pieces) {
      for (const outcome of await applyPiece(deps, piece, finished)) counts[outcome] += 1;
      if (finished.length >= FINISHED_TOGETHER) await finishStripeEvents(deps.db, finished.splice(0));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  await finishStripeEvents(deps.db, finished);
  return counts;
}

/** Takes the usual looks together; returns the pieces that are left to be taken one by one. */
async function applyTogether(
  deps: Deps,
  pieces: readonly Piece[],
  counts: Record<keyof ApplyResult, number>,
): Promise<readonly Piece[]> {
  const shared = new Map(pieces.flatMap((piece) => (piece.shared === undefined ? [] : [[piece.shared(), piece]])));
  if (shared.size < 2) return pieces;
  const eventsOf = (sighting: SharedSighting): readonly LeasedEvent[] => shared.get(sighting)?.events ?? [];
  const isFresh = (sighting: SharedSighting): boolean => eventsOf(sighting).every(({ attempts }) => attempts === 1);
  const done = new Set<Piece | undefined>();
  // What failed before could take the others with it.
  const [fresh, again] = [[...shared.keys()].filter(isFresh), [...shared.keys()].filter((one) => !isFresh(one))];
  for (const sightings of [fresh, again]) {
    const { seen, failed } = await lookTogether(deps, sightings, async (trx, applied) => {
      const finished = applied.flatMap(([sighting, outcome]) =>
        eventsOf(sighting).map((event): FinishedEvent => ({ event, state: 'applied', outcome })),
      );
      await finishStripeEvents(trx, finished);
    });
    for (const [sighting] of seen) counts.applied += eventsOf(sighting).length;
    for (const [sighting, error] of failed) {
      for (const event of eventsOf(sighting)) counts[await postponeOrPark(deps, event, error)] += 1;
    }
    for (const [sighting] of [...seen, ...failed]) done.add(shared.get(sighting));
  }
  return pieces.filter((piece) => !done.has(piece));
}

/** In the order of the first event of each: who came first, such as a customer, is looked at first. */
function piecesOf(leased: readonly LeasedEvent[], registry: Handlers<Deps>): readonly Piece[] {
  const pieces: Piece[] = [];
  const looks = new Map<unknown, Map<string, LeasedEvent[]>>();
  for (const event of leased) {
    const handler = Object.hasOwn(registry, event.type) ? registry[event.type] : undefined;
    if (handler === undefined) {
      pieces.push({ events: [event], work: ignoring('nobody handles this type') });
    } else if (typeof handler === 'function') {
      pieces.push({ events: [event], work: async (deps) => handler(event, deps) });
    } else {
      const id = handler.idOf(event);
      if (id === null) {
        pieces.push({ events: [event], work: ignoring('the event names nothing to look at') });
        continue;
      }
      const byId = looks.get(handler.look) ?? new Map<string, LeasedEvent[]>();
      looks.set(handler.look, byId);
      const known = byId.get(id);
      if (known !== undefined) {
        known.push(event);
        continue;
      }
      const events = [event];
      byId.set(id, events);
      pieces.push(pieceOf(handler, id, events));
    }
  }
  return pieces;
}

/** More events may join before the work begins. */
function pieceOf({ look, kind }: Mirror<Deps>, id: string, events: readonly LeasedEvent[]): Piece {
  const work = async (deps: Deps): Promise<Outcome> => look(sightingOf(id, events), deps);
  if (kind === undefined) return { events, work };
  return { events, work, shared: () => ({ kind, ...sightingOf(id, events) }) };
}

function sightingOf(id: string, events: readonly LeasedEvent[]): Sighting {
  return {
    id,
    stripeCustomerId: events.find(({ stripeCustomerId }) => stripeCustomerId !== null)?.stripeCustomerId ?? null,
    types: new Set(events.map(({ type }) => type)),
    since: new Date(Math.min(...events.map(({ createdAt }) => createdAt.getTime()))),
  };
}

function ignoring(reason: string): Piece['work'] {
  return async () => ({ ignored: reason });
}

async function applyPiece(
  deps: Deps,
  { events, work }: Piece,
  finished: FinishedEvent[],
): Promise<readonly (keyof ApplyResult)[]> {
  try {
    const outcome = await work(deps);
    const state = 'applied' in outcome ? 'applied' : 'ignored';
    const said = 'applied' in outcome ? outcome.applied : outcome.ignored;
    finished.push(...events.map((event) => ({ event, state, outcome: said }) as const));
    return events.map(() => state);
  } catch (error) {
    return Promise.all(events.map(async (event) => postponeOrPark(deps, event, error)));
  }
}

async function postponeOrPark(deps: Deps, event: LeasedEvent, error: unknown): Promise<'postponed' | 'parked'> {
  const failure = stripeFailure(error);
  const outcome = failure?.reason ?? (error instanceof Error ? error.message : String(error));
  const fields = { event: event.eventId, type: event.type, attempts: event.attempts, error: outcome };
  const isPoison = failure === null || failure.kind === 'refused';
  if (isPoison && event.attempts >= ATTEMPTS_MAX) {
    deps.log.error(fields, 'parked a Stripe event');
    await finishStripeEvents(deps.db, [{ event, state: 'parked', outcome }]);
    return 'parked';
  }
  deps.log.warn(fields, 'a Stripe event will be tried again');
  const afterSeconds = Math.min(PAUSE_SECONDS_MAX, 2 ** Math.min(event.attempts, 9) - 1);
  await returnStripeEvent(deps.db, event, { afterSeconds, outcome });
  return 'postponed';
}
