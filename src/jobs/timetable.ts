// The timetable under a clock that is moved by hand: a leap over a night does what the night would have done.
import { createTask } from 'node-cron';

import type { Deps } from '../operations/deps.ts';
import type { Job } from './cron.ts';
import { alignedMinute, fieldOf, stepOf } from './fire-times.ts';

export interface Timetable {
  /** When the next night's jobs are all due, after an instant and no later than another; null: not by then. */
  readonly nextNight: (after: Date, until: Date) => Date | null;
  /** Runs, in their order, the jobs of the night that came due after one instant and by another, each once. */
  readonly runNight: (after: Date, by: Date) => Promise<void>;
  /** Runs the others, each once, when the clock has arrived. */
  readonly runRest: (after: Date, by: Date) => Promise<void>;
}

const DAY_MS = 86_400_000;
/** A job of one hour that is caught up for a day belongs to the night; what runs all day long waits for the clock to arrive. */
const NIGHTLY_HOURS = 24;

/** Times are UTC. Jobs run here are not elected and leave no run behind: those are of the wall's own nights. */
export function createTimetable(deps: Deps, jobs: readonly Job[]): Timetable {
  const timed = jobs.map((job) => ({ job, task: createTask(job.cron, () => undefined, { timezone: 'UTC' }) }));
  const isNightly = ({ cron, catchUpHours }: Job): boolean =>
    catchUpHours >= NIGHTLY_HOURS && fieldOf(cron, 'hour') !== null;
  const [nightly, rest] = [timed.filter(({ job }) => isNightly(job)), timed.filter(({ job }) => !isNightly(job))];
  const runDue = async (some: typeof timed, after: Date, by: Date): Promise<void> => {
    for (const timedJob of some) {
      if (isDue(timedJob, after, by)) await timedJob.job.work(deps);
    }
  };
  return {
    nextNight: (after, until) => {
      const firsts = nightly.flatMap((one) => firstFireTime(one, after, until) ?? []);
      if (firsts.length === 0) return null;
      const first = Math.min(...firsts.map((at) => at.getTime()));
      const midnight = (Math.floor(first / DAY_MS) + 1) * DAY_MS;
      const same = firsts.filter((at) => at.getTime() < midnight);
      return new Date(Math.max(...same.map((at) => at.getTime())));
    },
    runNight: async (after, by) => runDue(nightly, after, by),
    runRest: async (after, by) => runDue(rest, after, by),
  };
}

interface Timed {
  readonly job: Job;
  readonly task: { readonly match: (at: Date) => boolean };
}

function firstFireTime({ job, task }: Timed, after: Date, until: Date): Date | null {
  const step = stepOf(job.cron);
  for (let at = alignedMinute(job.cron, after); at <= until.getTime(); at += step) {
    if (at > after.getTime() && task.match(new Date(at))) return new Date(at);
  }
  return null;
}

function isDue({ job, task }: Timed, after: Date, by: Date): boolean {
  const step = stepOf(job.cron);
  for (let at = alignedMinute(job.cron, by); at > after.getTime(); at -= step) {
    if (at <= by.getTime() && task.match(new Date(at))) return true;
  }
  return false;
}
