import type { Clocks } from './clocks.ts';
import type { Deliveries } from './delivery.ts';
import { createEngine, type Engine, type TaskHandlers } from './engine.ts';
import type { Change } from './journal.ts';
import { emit, OWN_CLOCK, type World } from './world.ts';

const TIMER_MS_MAX = 2 ** 31 - 1;

/** How time passes: due work is done as the clocks move. */
export interface Passage {
  readonly advanceTo: (instant: Date) => Promise<void>;
  readonly followWall: () => void;
  readonly settled: () => Promise<void>;
  readonly stop: () => void;
}

export interface PassageParts {
  readonly world: World;
  readonly clocks: Clocks;
  readonly handlers: TaskHandlers;
  readonly deliveries: Deliveries;
}

interface Running {
  readonly parts: PassageParts;
  readonly engine: Engine;
  readonly heard: () => Promise<void>;
  /** Clocks on the move, each until its target is reached. */
  readonly advancing: Map<string, Promise<void>>;
  timer: NodeJS.Timeout | undefined;
  /** Real milliseconds at which the last accepted meter event counts. */
  countedAt: number;
  stopped: boolean;
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

async function runTestClock(running: Running, id: string, target: number): Promise<void> {
  const { engine, parts } = running;
  const { world } = parts;
  let status: 'ready' | 'internal_failure' = 'ready';
  try {
    await engine.advance(id, target);
  } catch (error) {
    status = 'internal_failure';
    warn(error);
  }
  if (running.stopped || world.store.find('test_clocks', id) === undefined) return;
  world.store.transact(() => {
    world.cause = { id: null, idempotency_key: null };
    const clock = world.store.patch('test_clocks', id, { status, status_details: {} });
    emit(world, `test_helpers.test_clock.${status}`, clock);
  });
}

function advanceTestClocks(running: Running): void {
  const { advancing, parts } = running;
  for (const { id, status, status_details: details } of parts.world.store.all('test_clocks')) {
    const target = details.advancing?.target_frozen_time;
    if (status !== 'advancing' || target === undefined || advancing.has(id) || running.stopped) continue;
    const run = runTestClock(running, id, target).finally(() => advancing.delete(id));
    advancing.set(id, run);
  }
}

/** While the own clock follows the wall, a timer waits for the next due work. */
function watchWall(running: Running): void {
  const { engine, advancing, parts } = running;
  clearTimeout(running.timer);
  const due = engine.nextDue(OWN_CLOCK);
  if (due === undefined || parts.clocks.frozen() !== undefined || running.stopped) return;
  const fire = (): void => {
    const turn = engine
      .advance(OWN_CLOCK, parts.clocks.now())
      .catch(warn)
      .finally(() => {
        advancing.delete(OWN_CLOCK);
        watchWall(running);
      });
    advancing.set(OWN_CLOCK, turn);
  };
  running.timer = setTimeout(fire, Math.min(TIMER_MS_MAX, Math.max(1, due * 1000 - Date.now())));
  running.timer.unref();
}

function react(running: Running, changes: readonly Change[]): void {
  const { deliveries } = running.parts;
  for (const [kind, , object] of changes) {
    if (kind === 'test_clocks') queueMicrotask(() => advanceTestClocks(running));
    else if (kind === 'deliveries') queueMicrotask(deliveries.wake);
    else if (kind === 'tasks') queueMicrotask(() => watchWall(running));
    else if (kind === 'meter_events' && object !== null && 'visible_at' in object) {
      running.countedAt = Number(object.visible_at);
    }
  }
}

function startRunning(parts: PassageParts): Running {
  const heard = async (): Promise<void> => {
    const lag = running.countedAt - Date.now();
    if (lag > 0) await new Promise((resolve) => setTimeout(resolve, lag));
    await parts.deliveries.settled();
  };
  const { world, clocks, handlers } = parts;
  const engine = createEngine({ world, handlers, setNow: clocks.set, heard });
  const running: Running = {
    parts,
    engine,
    heard,
    advancing: new Map(),
    timer: undefined,
    countedAt: 0,
    stopped: false,
  };
  world.store.onCommit((changes) => react(running, changes));
  parts.deliveries.wake();
  advanceTestClocks(running);
  watchWall(running);
  return running;
}

/** Sets time going. */
export function startPassage(parts: PassageParts): Passage {
  const running = startRunning(parts);
  const { clocks } = parts;
  return {
    advanceTo: async (instant) => {
      const target = Math.floor(instant.getTime() / 1000);
      const present = clocks.frozen();
      if (present !== undefined && target < present) throw new Error("the simulator's clock only moves forward");
      if (present === undefined) clocks.freeze(Math.min(clocks.now(), target));
      clearTimeout(running.timer);
      await running.engine.advance(OWN_CLOCK, target);
      await running.heard();
    },
    followWall: () => {
      clocks.unfreeze();
      watchWall(running);
    },
    settled: async () => {
      do {
        await Promise.all(running.advancing.values());
        await running.heard();
      } while (running.advancing.size > 0);
    },
    stop: () => {
      running.stopped = true;
      clearTimeout(running.timer);
    },
  };
}
