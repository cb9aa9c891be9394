import type { Refused } from '../domain/rejection.ts';
import { listQuarantined, quarantinedEvent, type QuarantinedEvent } from '../storage/quarantined-events.ts';
import type { Deps } from './deps.ts';
import { unknownQuarantined } from './release-quarantined-event.ts';

/** What waits in quarantine, or was released or discarded, oldest first; whether there is more. */
export async function listQuarantinedEvents(
  { db }: Pick<Deps, 'db'>,
  {
    state,
    limit,
    after = null,
  }: { readonly state: QuarantinedEvent['state']; readonly limit: number; readonly after?: string | null },
): Promise<{ readonly events: readonly QuarantinedEvent[]; readonly hasMore: boolean }> {
  const events = await listQuarantined(db, { state, limit: limit + 1, after });
  return { events: events.slice(0, limit), hasMore: events.length > limit };
}

/** One event with all that happened to it. */
export async function readQuarantinedEvent({ db }: Pick<Deps, 'db'>, id: string): Promise<QuarantinedEvent | Refused> {
  return (await quarantinedEvent(db, id)) ?? unknownQuarantined();
}
