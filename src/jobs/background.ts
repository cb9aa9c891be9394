// The background of a running service: short loops for what cannot wait, cron for what has an hour.
import { hostname } from 'node:os';

import type { RealTime } from '../operations/track-usage.ts';
import type { Observer } from '../telemetry/observer.ts';
import { startCron, type CronJobs } from './cron.ts';
import type { Work } from './due-work.ts';
import { startLoops, type Loop } from './loops.ts';
import { scheduledJobs } from './schedule.ts';

export interface Background {
  /** Makes a loop turn now instead of after its pause. */
  readonly wake: (loop: string) => void;
  readonly stop: () => Promise<void>;
}

export interface BackgroundSettings {
  readonly works: readonly Work[];
  readonly nightlyCron: string;
  readonly observer: Observer;
}

/** Longest pause between two turns of a loop that found nothing. */
const EVERY_MS: Readonly<Record<string, number>> = {
  inbox: 1_000,
  outbox: 1_000,
  pools: 5_000,
  alerts: 2_000,
  hooks: 2_000,
};
const OTHERS_EVERY_MS = 15_000;
const STOP_WITHIN_MS = 8_000;

export function startBackground({ deps }: RealTime, { works, nightlyCron, observer }: BackgroundSettings): Background {
  const loops = startLoops(
    { log: deps.log, observer },
    works.map(({ name, turn }): Loop => ({
      name,
      everyMs: EVERY_MS[name] ?? OTHERS_EVERY_MS,
      turn: async () => (await turn()) > 0,
    })),
  );
  const owner = `${hostname()}/${process.pid}`;
  const cron: CronJobs = startCron(deps, scheduledJobs(nightlyCron), { owner });
  return {
    wake: loops.wake,
    stop: async () => {
      await Promise.all([loops.stop(STOP_WITHIN_MS), cron.stop(STOP_WITHIN_MS)]);
    },
  };
}
