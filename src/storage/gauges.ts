// What waits for a person, counted for a scrape: each count reads an index of what is open only.
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface WaitingForPeople {
  readonly variancesUnexplained: number;
  readonly draftsHeld: number;
  readonly deliveriesParked: number;
  readonly eventsQuarantined: number;
  /** Of the newest month with a bill and the one before. */
  readonly billGaps: number;
}

export async function countWaitingForPeople(db: Database): Promise<WaitingForPeople> {
  const [row] = await query<WaitingForPeople>(
    db,
    `select (select count(*) from variances where lane between 0 and 63 and state = 'open')::int as "variancesUnexplained",
       (select count(*) from settlements where lane between 0 and 63 and state = 'held')::int as "draftsHeld",
       (select count(*) from alert_deliveries where lane between 0 and 63 and state = 'parked')::int as "deliveriesParked",
       (select count(*) from quarantined_events where state = 'waiting')::int as "eventsQuarantined",
       (select count(*) from provider_bill_gaps
        where is_open and month >= (select max(month) - interval '1 month' from provider_bill_gaps))::int as "billGaps"`,
  );
  if (row === undefined) throw new Error('counting returned no row');
  return row;
}

/** Jobs that did not run for so long are no longer in the timetable. */
const FORGOTTEN_AFTER_DAYS = 40;

export interface JobState {
  readonly job: string;
  /** When a run last ended well. */
  readonly succeededAt: Date | null;
  /** Whether the last run that ended failed. */
  readonly failed: boolean;
}

export async function readJobStates(db: Database): Promise<readonly JobState[]> {
  return query<JobState>(
    db,
    `select job, max(finished_at) filter (where outcome -> 'ok' = 'true') as "succeededAt",
       (array_agg(outcome -> 'ok' = 'false' order by fire_time desc))[1] as failed
     from job_runs where finished_at is not null and fire_time > clock_timestamp() - $1 * interval '1 day'
     group by job`,
    [FORGOTTEN_AFTER_DAYS],
  );
}
