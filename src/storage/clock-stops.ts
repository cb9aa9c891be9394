// Where a clock that is moved by hand must stop: whatever falls due between two stops is late by less than a boundary.
import type { Database } from './database.ts';
import { query } from './query.ts';

/** Ends of billing periods that are not final and may still have something due after `after`, up to an instant, in order. */
export async function periodEndsUntil(db: Database, after: Date, until: Date): Promise<readonly Date[]> {
  const rows = await query<{ ends_at: Date }>(
    db,
    `select distinct ends_at from billing_periods
     where lane between 0 and 63 and state <> 'final' and ends_at > $1::timestamptz - interval '49 hours' and ends_at <= $2::timestamptz + interval '1 minute'
     order by ends_at`,
    [after, until],
  );
  return rows.map(({ ends_at }) => ends_at);
}
