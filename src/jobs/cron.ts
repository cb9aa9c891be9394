// node-cron is the ticker, a row in job_runs elects who acts, and what a tick missed or a crash cut short is caught up.
import { createTask, type RunCoordinator, type ScheduledTask } from 'node-cron';

import type { Deps } from '../operations/deps.ts';
import { adoptAbandonedRun, electJobRun, type JobRun, type Lease, performRun, wasRun } from '../operations/run-job.ts';
import { inSpan } from '../telemetry/spans.ts';
import { alignedMinute, HOUR_MS, stepOf } from './fire-times.ts';

export interface Job {
  readonly name: string;
  /** In UTC. */
  readonly cron: string;
  /** How far back a missed fire time is caught up at boot; 0 leaves it to the next one. */
  readonly catchUpHours: number;
  readonly work: (deps: Deps) => Promise<Readonly<Record<string, unknown>>>;
}

export interface CronJobs {
  /** Resolves when running jobs have finished, or after the given time. */
  readonly stop: (withinMs: number) => Promise<void>;
}

export interface CronSettings {
  /** Names this process in the election. */
  readonly owner: string;
  /** A run whose process is silent for so long is taken over. */
  readonly leaseMs?: number;
  readonly adoptEveryMs?: number;
}

/** Schedules the jobs of this process and does what was missed while nobody ran. */
export function startCron(
  deps: Deps,
  jobs: readonly Job[],
  { owner, leaseMs = 60_000, adoptEveryMs = 30_000 }: CronSettings,
): CronJobs {
  const lease: Lease = { owner, leaseMs };
  const running = new Set<Promise<unknown>>();
  const stopped = new AbortController();
  const track = (work: Promise<unknown>): Promise<unknown> => {
    const kept = work.finally(() => running.delete(kept));
    running.add(kept);
    return kept;
  };
  const tasks = jobs.map((job) => schedule(deps, job, lease, track));
  const catchUp = async (): Promise<void> => {
    for (const [index, job] of jobs.entries()) {
      const task = tasks[index];
      if (stopped.signal.aborted || task === undefined) return;
      await catchUpMissed(deps, job, task, lease);
    }
  };
  const adopt = async (): Promise<void> => {
    for (const job of jobs) {
      const run = stopped.signal.aborted ? null : await adoptAbandonedRun(deps, job.name, lease);
      if (run !== null) await perform(deps, job, run, lease);
    }
  };
  const quietly = (work: () => Promise<void>): void => {
    track(work()).catch((error: unknown) => deps.log.error({ err: error }, 'catching up on jobs failed'));
  };
  quietly(catchUp);
  const adopting = setInterval(() => quietly(adopt), adoptEveryMs);
  return {
    stop: async (withinMs) => {
      stopped.abort();
      clearInterval(adopting);
      for (const task of tasks) await task.destroy();
      await within(withinMs, Promise.allSettled(running));
    },
  };
}

function schedule(
  deps: Deps,
  job: Job,
  lease: Lease,
  track: (work: Promise<unknown>) => Promise<unknown>,
): ScheduledTask {
  const runCoordinator: RunCoordinator = {
    shouldRun: async (key) => electJobRun(deps, { job: job.name, fireTime: slotOf(key) }, lease),
  };
  const task = createTask(
    job.cron,
    async ({ date }) => track(perform(deps, job, { job: job.name, fireTime: wholeSecond(date) }, lease)),
    {
      name: job.name,
      timezone: 'UTC',
      distributed: true,
      runCoordinator,
      distributedLease: lease.leaseMs,
      noOverlap: true,
      missedExecutionTolerance: 5_000,
    },
  );
  void task.start();
  return task;
}

/** Runs the latest fire time of the past if nobody has: a deployment that was off at 03:00 reconciles when it is back. */
async function catchUpMissed(deps: Deps, job: Job, task: ScheduledTask, lease: Lease): Promise<boolean> {
  const fireTime = lastFireTime(task, new Date(), job);
  if (fireTime === null) return false;
  const run = { job: job.name, fireTime };
  if ((await wasRun(deps, run)) || !(await electJobRun(deps, run, lease))) return false;
  return perform(deps, job, run, lease);
}

async function perform(deps: Deps, { name, work }: Job, run: JobRun, lease: Lease): Promise<boolean> {
  return performRun(deps, run, lease, async () =>
    inSpan(`job ${name}`, { kind: 'internal', attributes: { 'creditpool.job': name } }, async () => work(deps)),
  );
}

/** The latest minute of the hours that a job is caught up for that its expression names; null when there is none. */
export function lastFireTime(
  task: Pick<ScheduledTask, 'match'>,
  before: Date,
  job: Pick<Job, 'cron' | 'catchUpHours'>,
): Date | null {
  const earliest = before.getTime() - job.catchUpHours * HOUR_MS;
  for (let at = alignedMinute(job.cron, before); at > earliest; at -= stepOf(job.cron)) {
    if (at <= before.getTime() && task.match(new Date(at))) return new Date(at);
  }
  return null;
}

/** A coordinator's key is `name:instant of the slot`. */
function slotOf(key: string): Date {
  return wholeSecond(new Date(key.slice(key.indexOf(':') + 1)));
}

function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000);
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
