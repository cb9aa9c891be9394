import type { Work } from '../jobs/due-work.ts';
import { runDueWork } from '../jobs/due-work.ts';
import type { Timetable } from '../jobs/timetable.ts';
import type { Deps } from '../operations/deps.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { clearSimulatedClock, now, setSimulatedClock } from '../storage/clock.ts';
import { advanceClock, type ClockMoved } from './advance-clock.ts';

/** The time that a sandbox lives in: the simulator's and ours, always moved together. */
export interface SandboxClock {
  readonly now: () => Promise<Date>;
  /** Lives at another time from now on; before anything has happened. */
  readonly beginAt: (instant: Date) => Promise<void>;
  readonly advance: (to: Date) => Promise<ClockMoved>;
  /** Does what is due at this instant, until nothing is. */
  readonly settle: () => Promise<void>;
  /** Follows the wall clock again. */
  readonly release: () => Promise<void>;
}

export interface SandboxParts {
  readonly deps: Deps;
  readonly simulator: Simulator;
  readonly works: readonly Work[];
  /** The loops stand still while the clock moves: the work is done here, in order. */
  /** What the nights on the way would have done; absent: nobody does it. */
  readonly timetable?: Timetable;
  readonly jobs: { readonly running: () => boolean; readonly start: () => void; readonly stop: () => Promise<void> };
}

export function createSandboxClock({ deps, simulator, works, timetable, jobs }: SandboxParts): SandboxClock {
  let turn: Promise<unknown> = Promise.resolve();
  const settle = async (): Promise<void> => runDueWork(works, simulator.settled);
  const alone = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = turn.then(async () => {
      const wasRunning = jobs.running();
      if (wasRunning) await jobs.stop();
      try {
        return await work();
      } finally {
        if (wasRunning) jobs.start();
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    now: async () => now(deps.db),
    beginAt: async (instant) =>
      alone(async () => {
        await setSimulatedClock(deps.db, instant);
        await simulator.advanceTo(instant);
      }),
    advance: async (to) =>
      alone(async () => advanceClock({ deps, simulator, runDueWork: settle, timetable: timetable ?? null }, to)),
    settle: async () => alone(settle),
    release: async () =>
      alone(async () => {
        await fetch(`${simulator.url}/_simulator/clock`, { method: 'POST', body: '{"follow_wall":true}' });
        await clearSimulatedClock(deps.db);
      }),
  };
}
