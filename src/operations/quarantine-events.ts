import type { Rejection } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import { type BadEvent, keepBadEvents } from '../storage/quarantined-events.ts';
import { eventHash } from '../storage/usage-events.ts';
import type { Deps } from './deps.ts';

/** What somebody can put right later: whose it is, what was done, how much of it. */
const MENDABLE: ReadonlySet<string> = new Set<Rejection['code']>([
  'invalid_request',
  'unknown_customer',
  'unknown_action',
  'no_rate_for_dimensions',
  'action_not_in_plan',
  'no_subscription',
  'amount_out_of_range',
  'implausible_usage',
]);

const BODY_LENGTH_MAX = 20_000;

export interface RefusedEvent extends Pick<BadEvent, 'code' | 'message' | 'param' | 'source' | 'eventId'> {
  readonly body: object;
}

/** Whether quarantine takes it: a fault that can be mended, in a body that PostgreSQL can keep. */
export function isMendable({ code, body }: Pick<RefusedEvent, 'code' | 'body'>): boolean {
  if (!MENDABLE.has(code)) return false;
  const text = JSON.stringify(body);
  return text.length <= BODY_LENGTH_MAX && !/\\u(0000|d[89a-f])/i.test(text);
}

/** Keeps events that were refused; the answer names each by its place. */
export async function quarantineEvents(deps: Deps, events: readonly RefusedEvent[]): Promise<readonly string[]> {
  if (events.length === 0) return [];
  const bad = events.map((event) => ({
    ...event,
    quarantinedEventId: deps.newId(),
    eventHash: eventHash(event.eventId),
  }));
  const ids = await keepBadEvents(deps.db, await now(deps.db), bad);
  return bad.map((event) => {
    const id = ids.get(`${event.source}/${event.eventHash}`);
    if (id === undefined) throw new Error(`event ${event.eventId} was not put into quarantine`);
    return id;
  });
}
