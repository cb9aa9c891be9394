import { earlierAnswer, fingerprint, keyInUse } from './answers.ts';
import { errorBody, StripeRefusal } from './errors.ts';
import { expand } from './expand.ts';
import { expansionOf } from './expansions.ts';
import type { Fault } from './faults.ts';
import { decodeForm, fromJson, type FormMap } from './form.ts';
import { freshId } from './ids.ts';
import { rendered } from './render.ts';
import type { Match } from './routes.ts';
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

function parametersOf(incoming: Incoming): { given: FormMap; expansions: string[] } {
  const encoded =
    incoming.method === 'POST'
      ? incoming.body
      : [incoming.query, incoming.body].filter((part) => part !== '').join('&');
  const json = incoming.contentType.startsWith('application/json') && incoming.body !== '';
  const decoded = json ? fromJson(JSON.parse(incoming.body)) : decodeForm(encoded);
  const given: FormMap = decoded instanceof Map ? decoded : new Map();
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

function limited(fault: Fault): StripeRefusal {
  if (fault.kind === 'lock_timeout') {
    const message =
      'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.';
    return new StripeRefusal(429, 'invalid_request_error', message, { code: 'lock_timeout' });
  }
  return new StripeRefusal(429, 'invalid_request_error', 'Request rate limit exceeded.', { code: 'rate_limit' });
}

const BROKEN = new StripeRefusal(500, 'api_error', 'An unknown error occurred.');

/** Runs requests: replay, parameters, handler, expansion, journal, all before the answer. */
export function createRequestRunner(world: World, router: (method: string, path: string) => Match | undefined) {
  const inFlight = new Set<string>();
  const expansion = expansionOf(world);

  const execute = (incoming: Incoming, match: Match): object => {
    const { given, expansions } = parametersOf(incoming);
    const answer = match.route.answer({ world, id: match.id, child: match.child, path: incoming.path }, given);
    return expand(rendered(answer), expansions, expansion);
  };
  const remember = (incoming: Incoming, outgoing: Outgoing): void => {
    const key = incoming.idempotencyKey;
    if (key === null || incoming.method !== 'POST') return;
    world.store.put('answers', {
      id: key,
      fingerprint: fingerprint(incoming.method, incoming.path, incoming.body),
      status: outgoing.status,
      body: outgoing.body,
      request: outgoing.request,
      created: world.now(),
    });
  };
  /** One transaction for the changes and the stored answer. */
  const perform = (incoming: Incoming, match: Match, request: string, fault: Fault | undefined): Outgoing => {
    world.cause = { id: request, idempotency_key: incoming.idempotencyKey };
    if (fault?.kind === '500_before') return settle(incoming, request, BROKEN);
    try {
      return world.store.transact(
        () => {
          const answer = execute(incoming, match);
          const failed = fault?.kind === '500_after';
          const body = JSON.stringify(failed ? errorBody(BROKEN) : answer);
          const outgoing = { status: failed ? 500 : 200, body, request, original: null };
          remember(incoming, outgoing);
          return outgoing;
        },
        (error) => error instanceof StripeRefusal && error.keepsChanges,
      );
    } catch (error) {
      return settle(incoming, request, refusalOf(error));
    }
  };
  const settle = (incoming: Incoming, request: string, refusal: StripeRefusal): Outgoing => {
    const outgoing = { status: refusal.status, body: JSON.stringify(errorBody(refusal)), request, original: null };
    const stored =
      !refusal.beforeExecution && refusal.status !== 401 && refusal.status !== 404 && refusal.status !== 429;
    if (stored) world.store.transact(() => remember(incoming, outgoing));
    return outgoing;
  };
  const refused = (request: string, refusal: StripeRefusal, more: Partial<Outgoing> = {}): Outgoing => ({
    status: refusal.status,
    body: JSON.stringify(errorBody(refusal)),
    request,
    original: null,
    ...more,
  });

  /** Answers a request; while the answer is held back by a fault, its idempotency key is in use. */
  const run = (incoming: Incoming, fault: Fault | undefined): Outgoing => {
    const request = freshId('req', 14);
    const match = router(incoming.method, incoming.path);
    const { idempotencyKey: key } = incoming;
    if (match === undefined) {
      const message = `Unrecognized request URL (${incoming.method}: ${incoming.path}).`;
      return refused(request, new StripeRefusal(404, 'invalid_request_error', message));
    }
    if (fault?.kind === '429' || fault?.kind === 'lock_timeout') {
      const reason = fault.kind === '429' ? { limitedReason: fault.reason ?? 'endpoint-rate' } : {};
      return refused(request, limited(fault), reason);
    }
    if (key !== null && incoming.method === 'POST') {
      if (inFlight.has(key)) return refused(request, keyInUse(key));
      try {
        const earlier = earlierAnswer(world, key, fingerprint(incoming.method, incoming.path, incoming.body));
        if (earlier !== undefined)
          return { status: earlier.status, body: earlier.body, request, original: earlier.request };
      } catch (error) {
        return refused(request, refusalOf(error));
      }
    }
    return perform(incoming, match, request, fault);
  };

  return { run, inFlight };
}
