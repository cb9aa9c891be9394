// Events that could not be taken and were kept by the sender's wish, until somebody puts them right or throws them away.
import type { Database } from './database.ts';
import { execute, query } from './query.ts';

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

export interface BadEvent extends Fault {
  readonly quarantinedEventId: string;
  readonly source: string;
  readonly eventId: string;
  readonly eventHash: string;
  readonly body: object;
}

export interface QuarantinedEvent extends Omit<BadEvent, 'eventHash'> {
  readonly fixedBody: object | null;
  readonly attempts: number;
  readonly state: 'waiting' | 'released' | 'discarded';
  readonly receivedAt: Date;
  readonly triedAt: Date;
  readonly settledAt: Date | null;
  readonly settledBy: string | null;
  readonly reason: string | null;
  readonly usageEventId: string | null;
}

const COLUMNS = `quarantined_event_id as "quarantinedEventId", source, event_id as "eventId", body, fixed_body as "fixedBody",
  code, message, param, attempts, state, received_at as "receivedAt", tried_at as "triedAt", settled_at as "settledAt",
  settled_by as "settledBy", reason, usage_event_id as "usageEventId"`;

/** Keeps events with what is wrong with them; one that waits already counts another attempt. Ids by source and hash. */
export async function keepBadEvents(
  db: Database,
  now: Date,
  events: readonly BadEvent[],
): Promise<ReadonlyMap<string, string>> {
  // Twice in one batch is once: the last one stands.
  const unique = [...new Map(events.map((event) => [`${event.source}/${event.eventHash}`, event])).values()];
  const rows = await query<{ quarantinedEventId: string; key: string }>(
    db,
    `insert into quarantined_events as q (quarantined_event_id, source, event_id, event_hash, body, code, message, param,
       received_at, tried_at)
     select n.*, $9::timestamptz, $9::timestamptz from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::text[], $7::text[],
       $8::text[]) as n
     on conflict (source, event_hash) where state = 'waiting' do update set body = excluded.body, fixed_body = null,
       code = excluded.code, message = excluded.message, param = excluded.param, attempts = q.attempts + 1,
       tried_at = excluded.tried_at
     returning quarantined_event_id as "quarantinedEventId", source || '/' || event_hash as key`,
    [
      unique.map(({ quarantinedEventId }) => quarantinedEventId),
      unique.map(({ source }) => source),
      unique.map(({ eventId }) => eventId),
      unique.map((event) => event.eventHash),
      unique.map(({ body }) => JSON.stringify(body)),
      unique.map(({ code }) => code),
      unique.map(({ message }) => message),
      unique.map(({ param }) => param),
      now,
    ],
  );
  return new Map(rows.map(({ key, quarantinedEventId }) => [key, quarantinedEventId]));
}

export async function quarantinedEvent(db: Database, id: string): Promise<QuarantinedEvent | null> {
  const [row] = await query<QuarantinedEvent>(
    db,
    `select ${COLUMNS} from quarantined_events where quarantined_event_id = $1`,
    [id],
  );
  return row ?? null;
}

/** Oldest first. */
export async function listQuarantined(
  db: Database,
  {
    state,
    limit,
    after = null,
  }: { readonly state: QuarantinedEvent['state']; readonly limit: number; readonly after?: string | null },
): Promise<readonly QuarantinedEvent[]> {
  return query<QuarantinedEvent>(
    db,
    `select ${COLUMNS} from quarantined_events where state = $1 and ($3::uuid is null
       or (received_at, quarantined_event_id) > (select a.received_at, a.quarantined_event_id from quarantined_events a
         where a.quarantined_event_id = $3))
     order by received_at, quarantined_event_id limit $2`,
    [state, limit, after],
  );
}

/** Another attempt that failed, perhaps with a body that somebody put right. */
export async function noteFailedAttempt(
  db: Database,
  id: string,
  attempt: Fault & { readonly fixedBody: object | null; readonly at: Date },
): Promise<void> {
  const { code, message, param, fixedBody, at } = attempt;
  await execute(
    db,
    `update quarantined_events set attempts = attempts + 1, code = $2, message = $3, param = $4, fixed_body = $5::jsonb,
       tried_at = $6
     where quarantined_event_id = $1 and state = 'waiting'`,
    [id, code, message, param, fixedBody === null ? null : JSON.stringify(fixedBody), at],
  );
}

/** Ends the wait; false when it had ended before. */
export async function settleQuarantined(
  db: Database,
  id: string,
  settled: {
    readonly state: 'released' | 'discarded';
    readonly usageEventId: string | null;
    readonly fixedBody: object | null;
    readonly by: string;
    readonly reason: string | null;
    readonly at: Date;
  },
): Promise<boolean> {
  const { state, usageEventId, fixedBody, by, reason, at } = settled;
  const rows = await execute(
    db,
    `update quarantined_events set state = $2, usage_event_id = $3, fixed_body = coalesce($4::jsonb, fixed_body),
       settled_by = $5, reason = $6, settled_at = $7, tried_at = $7,
       attempts = attempts + case when $2 = 'released' then 1 else 0 end
     where quarantined_event_id = $1 and state = 'waiting'`,
    [id, state, usageEventId, fixedBody === null ? null : JSON.stringify(fixedBody), by, reason, at],
  );
  return rows === 1;
}
