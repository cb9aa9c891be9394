import { lockTimeout, refuseHeldByClock } from './advancing.ts';
import { earlierAnswer, fingerprint, keyInUse, keyTooLong, replaysFailures } from './answers.ts';
import { tellEntitlements } from './entitlements.ts';
import { errorBody, invalidRequest, StripeRefusal } from './errors.ts';
import { expand } from './expand.ts';
import { expansionOf } from './expansions.ts';
import type { Fault } from './faults.ts';
import { decodeForm, fromJson, type FormMap } from './form.ts';
import { freshId } from './ids.ts';
import { resourceNotSimulated } from './not-simulated.ts';
import { rendered } from './render.ts';
import type { Match } from './routes.ts';
import { wireWatcher } from './wire-watch.ts';
import type { World } from './world.ts';

/** A request as it came over the wire. */
export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly contentType: string;
  readonly idempotencyKey: string | null;
}

export interface Outgoing {
  readonly status: number;
  readonly body: string;
  readonly request: string;
  /** The request whose stored answer this is. */
  readonly original: string | null;
  readonly retry?: 'true' | 'false';
  readonly limitedReason?: string;
}

function isJson({ contentType, body }: Incoming): boolean {
  return contentType.startsWith('application/json') && body !== '';
}

function decoded({ method, query, body }: Incoming): FormMap {
  return decodeForm(method === 'POST' ? body : [query, body].filter((part) => part !== '').join('&'));
}

function parametersOf(incoming: Incoming): { given: FormMap; expansions: string[] } {
  const read = isJson(incoming) ? fromJson(JSON.parse(incoming.body)) : decoded(incoming);
  const given: FormMap = read instanceof Map ? read : new Map();
  const asked = given.get('expand');
  given.delete('expand');
  const expansions =
    asked instanceof Map ? Array.from(asked.values(), (path) => (typeof path === 'string' ? path : '')) : [];
  return { given, expansions };
}

function refusalOf(error: unknown): StripeRefusal {
  if (error instanceof StripeRefusal) return error;
  // A bug of the simulator itself: said plainly, since whoever reads it is a developer.
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StripeRefusal(500, 'api_error', message);
}

function limited(kind: '429' | 'lock_timeout'): StripeRefusal {
  if (kind === 'lock_timeout') return lockTimeout();
  return new StripeRefusal(429, 'invalid_request_error', 'Request rate limit exceeded.', { code: 'rate_limit' });
}

const UNSUPPORTED = { code: 'simulator_unsupported' };
const BROKEN = new StripeRefusal(500, 'api_error', 'An unknown error occurred.');

function refused(request: string, refusal: StripeRefusal, more: Partial<Outgoing> = {}): Outgoing {
  return { status: refusal.status, body: JSON.stringify(errorBody(refusal)), request, original: null, ...more };
}

function noSuchRoute(method: string, path: string): StripeRefusal {
  const resource = resourceNotSimulated(path);
  if (resource !== undefined) return invalidRequest(`The simulator does not support ${resource}.`, UNSUPPORTED);
  return new StripeRefusal(404, 'invalid_request_error', `Unrecognized request URL (${method}: ${path}).`);
}

/** Keeps the answer for its idempotency key, unless asking again runs it again. */
function remember(world: World, incoming: Incoming, outgoing: Outgoing): void {
  const key = incoming.idempotencyKey;
  if (key === null || incoming.method !== 'POST') return;
  if (outgoing.status !== 200 && !replaysFailures(incoming.path)) return;
  world.store.put('answers', {
    id: key,
    fingerprint: fingerprint(incoming.method, incoming.path, incoming.body),
    status: outgoing.status,
    body: outgoing.body,
    request: outgoing.request,
    created: world.now(),
  });
}

/** Answers a refusal and keeps it, unless nothing was executed. */
function settle(world: World, incoming: Incoming, request: string, refusal: StripeRefusal): Outgoing {
  const outgoing = refused(request, refusal);
  const stored = !refusal.beforeExecution && ![401, 404, 429].includes(refusal.status);
  if (stored) world.store.transact(() => remember(world, incoming, outgoing));
  return outgoing;
}

/** Runs the handler: its changes and the stored answer are one transaction. */
function perform(world: World, incoming: Incoming, match: Match, request: string, fault: Fault | undefined): Outgoing {
  world.cause = { id: request, idempotency_key: incoming.idempotencyKey };
  if (fault?.kind === '500_before') return settle(world, incoming, request, BROKEN);
  const expansion = expansionOf(world);
  const work = (): Outgoing => {
    const { given, expansions } = parametersOf(incoming);
    const answer = match.route.answer({ world, id: match.id, child: match.child, path: incoming.path }, given);
    tellEntitlements(world);
    refuseHeldByClock(world);
    const expanded = expand(rendered(answer), expansions, expansion);
    const failed = fault?.kind === '500_after';
    const body = JSON.stringify(failed ? errorBody(BROKEN) : expanded);
    const outgoing = { status: failed ? 500 : 200, body, request, original: null };
    remember(world, incoming, outgoing);
    return outgoing;
  };
  try {
    return world.store.transact(work, (error) => error instanceof StripeRefusal && error.keepsChanges);
  } catch (error) {
    return settle(world, incoming, request, refusalOf(error));
  }
}

function replayed(world: World, incoming: Incoming, key: string, request: string): Outgoing | undefined {
  try {
    const earlier = earlierAnswer(world, key, fingerprint(incoming.method, incoming.path, incoming.body));
    if (earlier === undefined) return undefined;
    return { status: earlier.status, body: earlier.body, request, original: earlier.request };
  } catch (error) {
    return refused(request, refusalOf(error));
  }
}

export interface RequestRunner {
  readonly run: (incoming: Incoming, fault: Fault | undefined) => Outgoing;
  /** Keys whose answers are held back by a fault. */
  readonly inFlight: Set<string>;
}

/** Runs requests: replay, parameters, handler, expansion and journal, all before the answer. */
export function createRequestRunner(
  world: World,
  router: (method: string, path: string) => Match | undefined,
): RequestRunner {
  const inFlight = new Set<string>();
  const run = (incoming: Incoming, fault: Fault | undefined): Outgoing => {
    const request = freshId('req', 14);
    const match = router(incoming.method, incoming.path);
    if (match === undefined) {
      return refused(request, noSuchRoute(incoming.method, incoming.path));
    }
    if (fault?.kind === '429' || fault?.kind === 'lock_timeout') {
      const reason = fault.kind === '429' ? { limitedReason: fault.reason ?? 'endpoint-rate' } : {};
      return refused(request, limited(fault.kind), reason);
    }
    const key = incoming.method === 'POST' ? incoming.idempotencyKey : null;
    const tooLong = key === null ? undefined : keyTooLong(key);
    if (tooLong !== undefined) return refused(request, tooLong);
    if (key !== null && inFlight.has(key)) return refused(request, keyInUse(key));
    const earlier = key === null ? undefined : replayed(world, incoming, key, request);
    const outgoing = earlier ?? perform(world, incoming, match, request, fault);
    wireWatcher()?.answered({
      method: incoming.method,
      route: `/${match.route.segments.join('/')}`,
      given: isJson(incoming) ? { json: incoming.body } : decoded(incoming),
      status: outgoing.status,
      answer: outgoing.body,
    });
    return outgoing;
  };
  return { run, inFlight };
}
