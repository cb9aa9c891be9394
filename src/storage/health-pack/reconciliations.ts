import type { Database } from '../database.ts';
import { query } from '../query.ts';

export interface ReconciliationFigures {
  readonly runs: number;
  readonly lastRunAt: Date | null;
  readonly found: number;
  readonly settled: number;
}

/** Runs that ended in a span, and what was found in it. */
export async function reconciliationFigures(db: Database, from: Date, until: Date): Promise<ReconciliationFigures> {
  const [row] = await query<ReconciliationFigures>(
    db,
    `select r.runs, r.last as "lastRunAt", v.found, v.settled
     from (select count(*)::int as runs, max(finished_at) as last from reconciliations
         where finished_at >= $1 and finished_at < $2) r,
       (select count(*)::int as found, (count(*) filter (where state <> 'open'))::int as settled from variances
         where lane between 0 and 63 and found_at >= $1 and found_at < $2) v`,
    [from, until],
  );
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}

export interface OpenVariances {
  readonly check: string;
  readonly class: string;
  readonly variances: number;
  readonly oldestAt: Date;
}

/** Variances that were found before an instant and are open, the oldest first. */
export async function openVariances(db: Database, until: Date): Promise<readonly OpenVariances[]> {
  return query<OpenVariances>(
    db,
    `select check_name as "check", class, count(*)::int as variances, min(found_at) as "oldestAt"
     from variances where lane between 0 and 63 and state = 'open' and found_at < $1
     group by 1, 2 order by "oldestAt", check_name, class`,
    [until],
  );
}
