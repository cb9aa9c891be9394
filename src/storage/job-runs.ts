// One row per fire time of a job: whoever could insert it runs it. Leases are wall time, also in a sandbox.
import type { Database } from './database.ts';
import { execute, query } from './query.ts';

export interface JobRun {
  readonly job: string;
  readonly fireTime: Date;
}

export interface Lease {
  readonly owner: string;
  readonly leaseMs: number;
}

/** True for exactly one process per fire time. */
export async function insertJobRun(db: Database, { job, fireTime }: JobRun, lease: Lease): Promise<boolean> {
  const rows = await execute(
    db,
    `insert into job_runs (job, fire_time, owner, lease_until)
     values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
     on conflict (job, fire_time) do nothing`,
    [job, fireTime, lease.owner, lease.leaseMs],
  );
  return rows === 1;
}

/** Keeps a run that is still going; false when somebody else has taken it over. */
export async function extendJobRun(db: Database, { job, fireTime }: JobRun, lease: Lease): Promise<boolean> {
  const rows = await execute(
    db,
    `update job_runs set lease_until = clock_timestamp() + $4 * interval '1 millisecond'
     where job = $1 and fire_time = $2 and owner = $3 and finished_at is null`,
    [job, fireTime, lease.owner, lease.leaseMs],
  );
  return rows === 1;
}

export async function finishJobRun(
  db: Database,
  { job, fireTime }: JobRun,
  owner: string,
  outcome: Readonly<Record<string, unknown>>,
): Promise<void> {
  await execute(
    db,
    `update job_runs set finished_at = clock_timestamp(), outcome = $4
     where job = $1 and fire_time = $2 and owner = $3 and finished_at is null`,
    [job, fireTime, owner, outcome],
  );
}

/** Takes over the youngest run whose process died; only one process gets it. */
export async function adoptJobRun(db: Database, job: string, lease: Lease): Promise<JobRun | null> {
  const [row] = await query<{ fire_time: Date }>(
    db,
    `update job_runs set owner = $2, lease_until = clock_timestamp() + $3 * interval '1 millisecond',
       lease_no = lease_no + 1
     where (job, fire_time) = (
       select job, fire_time from job_runs
       where job = $1 and finished_at is null and lease_until < clock_timestamp() and lease_no < 5
       order by fire_time desc limit 1 for update skip locked)
     returning fire_time`,
    [job, lease.owner, lease.leaseMs],
  );
  return row === undefined ? null : { job, fireTime: row.fire_time };
}

export interface ShownJobRun extends JobRun {
  readonly owner: string;
  readonly leaseNo: number;
  readonly finishedAt: Date | null;
  readonly outcome: unknown;
}

/** The latest runs of a job, newest first. */
export async function recentJobRuns(db: Database, job: string, limit: number): Promise<readonly ShownJobRun[]> {
  return query<ShownJobRun>(
    db,
    `select job, fire_time as "fireTime", owner, lease_no as "leaseNo", finished_at as "finishedAt", outcome
     from job_runs where job = $1 order by fire_time desc limit $2`,
    [job, limit],
  );
}
