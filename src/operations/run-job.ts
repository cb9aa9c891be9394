import {
  adoptJobRun,
  extendJobRun,
  finishJobRun,
  insertJobRun,
  type JobRun,
  type Lease,
  recentJobRuns,
} from '../storage/job-runs.ts';
import type { Deps } from './deps.ts';

export type { JobRun, Lease } from '../storage/job-runs.ts';

/** Says whether this process runs the job of this fire time; exactly one process hears yes. */
export async function electJobRun(deps: Deps, run: JobRun, lease: Lease): Promise<boolean> {
  return insertJobRun(deps.db, run, lease);
}

/** Whether any process has begun the job of this fire time. */
export async function wasRun(deps: Deps, { job, fireTime }: JobRun): Promise<boolean> {
  const [latest] = await recentJobRuns(deps.db, job, 1);
  return latest !== undefined && latest.fireTime >= fireTime;
}

/** A run whose process died half-way, for this process to do again; null when there is none. */
export async function adoptAbandonedRun(deps: Deps, job: string, lease: Lease): Promise<JobRun | null> {
  return adoptJobRun(deps.db, job, lease);
}

/**
 * Does the work of a run that this process was given, keeping its lease while it lasts, and records what came of it.
 * A failure is recorded, logged and not thrown: the next fire time tries again.
 */
export async function performRun(
  deps: Deps,
  run: JobRun,
  lease: Lease,
  work: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<boolean> {
  const heartbeat = setInterval(() => {
    extendJobRun(deps.db, run, lease).catch((error: unknown) => {
      deps.log.warn({ err: error, job: run.job }, 'a job could not keep its lease');
    });
  }, lease.leaseMs / 3);
  try {
    const outcome = await work();
    await finishJobRun(deps.db, run, lease.owner, { ok: true, ...outcome });
    deps.log.info({ job: run.job, fireTime: run.fireTime, ...outcome }, 'job done');
    return true;
  } catch (error) {
    deps.log.error({ err: error, job: run.job, fireTime: run.fireTime }, 'job failed');
    const because = error instanceof Error ? error.message : 'unknown';
    await finishJobRun(deps.db, run, lease.owner, { ok: false, because }).catch((failure: unknown) => {
      deps.log.error({ err: failure, job: run.job }, 'the failure of a job could not be recorded');
    });
    return false;
  } finally {
    clearInterval(heartbeat);
  }
}
