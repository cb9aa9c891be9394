// The timetable under a clock that is moved by hand: a leap over a night does what the night would have done.
import { createTask } from 'node-cron';

import type { Deps } from '../operations/deps.ts';
import { type Job, lastFireTime } from './cron.ts';

export interface Timetable {
  /** When the next night's jobs are all due, after an instant and no later than another; null: not by then. */
  readonly nextNight: (after: Date, until: Date) => Date | null;
  /** Runs, in their order, the jobs of the night that came due after one instant and by another, each once. */
  readonly runNight: (after: Date, by: Date) => Promise<void>;
  /** Runs the others, each once, when the clock has arrived. */
  readonly runRest: (after: Date, by: Date) => Promise<void>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A job that is caught up for a day belongs to the night; what runs all day long, or only looks, waits until the clock has arrived. */
const NIGHTLY_HOURS = 24;

/** Times are UTC. Jobs run here are not elected and leave no run behind: those are of the wall's own nights. */
export function createTimetable(deps: Deps, jobs: readonly Job[]): Timetable {
  const timed = jobs.map((job) => ({ job, task: createTask(job.cron, () => undefined, { timezone: 'UTC' }) }));
  const isNightly = ({ catchUpHours, looksOnly = false }: Job): boolean => catchUpHours >= NIGHTLY_HOURS && !looksOnly;
  const [nightly, rest] = [timed.filter(({ job }) => isNightly(job)), timed.filter(({ job }) => !isNightly(job))];
  const runDue = async (some: typeof timed, after: Date, by: Date): Promise<void> => {
    const hours = (by.getTime() - after.getTime()) / 3_600_000;
    for (const { job, task } of some) {
      const due = lastFireTime(task, by, Math.ceil(hours));
      if (due !== null && due > after) await job.work(deps);
    }
  };
  return {
    nextNight: (after, until) => {
      const firsts = nightly.flatMap(({ task }) => firstFireTime(task, after, until) ?? []);
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

function firstFireTime(task: Parameters<typeof lastFireTime>[0], after: Date, until: Date): Date | null {
  let minute = Math.floor(after.getTime() / MINUTE_MS) + 1;
  for (; minute * MINUTE_MS <= until.getTime(); minute += 1) {
    const at = new Date(minute * MINUTE_MS);
    if (task.match(at)) return at;
  }
  return null;
}
