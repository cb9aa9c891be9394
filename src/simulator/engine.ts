import type { Task } from './collections.ts';
import { tellEntitlements } from './entitlements.ts';
import type { World } from './world.ts';
import { OWN_CLOCK } from './world.ts';

/** What falls due, by kind; `at` is the instant it was due. */
export type TaskHandlers = Readonly<Record<string, (world: World, object: string, at: number) => void>>;

export interface Engine {
  /** Does the due work of a clock up to `target` in time order, letting webhooks be heard between steps. */
  readonly advance: (clock: string, target: number) => Promise<void>;
  /** The next due instant of a clock. */
  readonly nextDue: (clock: string) => number | undefined;
}

export interface EngineParts {
  readonly world: World;
  readonly handlers: TaskHandlers;
  readonly setNow: (clock: string, instant: number) => void;
  /** Resolves once every delivery caused so far was tried, and every accepted meter event counts. */
  readonly heard: () => Promise<void>;
}

function earliest(tasks: readonly Task[]): Task | undefined {
  let first: Task | undefined;
  for (const task of tasks) if (first === undefined || task.due < first.due) first = task;
  return first;
}

/** Creates the engine that makes time pass; one advance per clock at a time. */
export function createEngine({ world, handlers, setNow, heard }: EngineParts): Engine {
  const running = new Map<string, Promise<void>>();
  const next = (clock: string): Task | undefined => earliest(world.store.by('tasks', 'clock', clock));

  const step = (task: Task): void => {
    const handler = handlers[task.kind];
    if (handler === undefined) throw new Error(`no handler for due work ${task.kind}`);
    try {
      world.store.transact(() => {
        world.cause = { id: null, idempotency_key: null };
        world.store.remove('tasks', task.id);
        handler(world, task.object, task.due);
        tellEntitlements(world);
      });
    } catch (error) {
      // Work that fails once fails again: without it time can go on.
      world.store.transact(() => world.store.remove('tasks', task.id));
      throw new Error(`${task.kind} of ${task.object} failed`, { cause: error });
    }
  };
  const run = async (clock: string, target: number): Promise<void> => {
    for (;;) {
      await heard();
      const task = next(clock);
      if (task === undefined || task.due > target) break;
      setNow(clock, Math.max(task.due, world.now(clock === OWN_CLOCK ? null : clock)));
      step(task);
    }
    setNow(clock, target);
  };

  return {
    nextDue: (clock) => next(clock)?.due,
    advance: async (clock, target) => {
      const turn = (running.get(clock) ?? Promise.resolve()).then(async () => run(clock, target));
      const quiet = turn.catch(() => undefined);
      running.set(clock, quiet);
      await turn;
    },
  };
}
