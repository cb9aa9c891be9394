import type { Deliveries } from './delivery.ts';
import { createEngine, type Engine, type TaskHandlers } from './engine.ts';
import type { Store } from './store.ts';
import { emit, OWN_CLOCK, type World } from './world.ts';

const TIMER_MS_MAX = 2 ** 31 - 1;

/** How time passes: the simulator's own clock, which follows the wall until told otherwise, and the test clocks. */
export interface Passage {
  readonly now: (testClock?: string | null) => number;
  readonly advanceTo: (instant: Date) => Promise<void>;
  readonly followWall: () => void;
  readonly settled: () => Promise<void>;
  readonly start: (world: World, handlers: TaskHandlers, deliveries: Deliveries) => void;
  readonly stop: () => void;
}

interface Running {
  readonly world: World;
  readonly engine: Engine;
  readonly heard: () => Promise<void>;
}

/** Creates the passage of time over a store; `start` sets it going. */
export function createPassage(store: Store): Passage {
  const advancing = new Map<string, Promise<void>>();
  let running: Running | undefined;
  let timer: NodeJS.Timeout | undefined;
  let countedAt = 0;
  let stopped = false;

  const frozen = (): number | undefined => {
    const value = store.find('settings', 'own_clock')?.value;
    return typeof value === 'number' ? value : undefined;
  };
  const now = (testClock?: string | null): number => {
    const clock = testClock === null || testClock === undefined ? undefined : store.find('test_clocks', testClock);
    return clock?.frozen_time ?? frozen() ?? Math.floor(Date.now() / 1000);
  };
  const setNow = (clock: string, instant: number): void => {
    store.transact(() => {
      if (clock !== OWN_CLOCK) {
        if (store.find('test_clocks', clock) !== undefined) store.patch('test_clocks', clock, { frozen_time: instant });
      } else if (frozen() !== undefined) store.put('settings', { id: 'own_clock', value: instant });
    });
  };
  const need = (): Running => {
    if (running === undefined) throw new Error('time has not started');
    return running;
  };

  const runTestClock = async (id: string, target: number): Promise<void> => {
    const { engine, world } = need();
    let status: 'ready' | 'internal_failure' = 'ready';
    try {
      await engine.advance(id, target);
    } catch (error) {
      status = 'internal_failure';
      process.emitWarning(error instanceof Error ? error : String(error));
    }
    if (stopped || store.find('test_clocks', id) === undefined) return;
    store.transact(() => {
      world.cause = { id: null, idempotency_key: null };
      emit(world, `test_helpers.test_clock.${status}`, store.patch('test_clocks', id, { status, status_details: {} }));
    });
  };
  const advanceTestClocks = (): void => {
    for (const { id, status, status_details: details } of store.all('test_clocks')) {
      const target = details.advancing?.target_frozen_time;
      if (status !== 'advancing' || target === undefined || advancing.has(id) || stopped) continue;
      const run = runTestClock(id, target).finally(() => advancing.delete(id));
      advancing.set(id, run);
    }
  };
  const watchWall = (): void => {
    clearTimeout(timer);
    const due = need().engine.nextDue(OWN_CLOCK);
    if (due === undefined || frozen() !== undefined || stopped) return;
    timer = setTimeout(onWall, Math.min(TIMER_MS_MAX, Math.max(1, due * 1000 - Date.now())));
    timer.unref();
  };
  const onWall = (): void => {
    const turn = need()
      .engine.advance(OWN_CLOCK, now())
      .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
      .finally(() => {
        advancing.delete(OWN_CLOCK);
        watchWall();
      });
    advancing.set(OWN_CLOCK, turn);
  };

  return {
    now,
    advanceTo: async (instant) => {
      const target = Math.floor(instant.getTime() / 1000);
      const present = frozen();
      if (present !== undefined && target < present) throw new Error("the simulator's clock only moves forward");
      if (present === undefined)
        store.transact(() => store.put('settings', { id: 'own_clock', value: Math.min(now(), target) }));
      clearTimeout(timer);
      await need().engine.advance(OWN_CLOCK, target);
      await need().heard();
    },
    followWall: () => {
      store.transact(() => store.remove('settings', 'own_clock'));
      watchWall();
    },
    settled: async () => {
      while (advancing.size > 0) await Promise.all(advancing.values());
      await need().heard();
      if (advancing.size > 0) await Promise.all(advancing.values());
    },
    start: (world, handlers, deliveries) => {
      const heard = async (): Promise<void> => {
        const lag = countedAt - Date.now();
        if (lag > 0) await new Promise((resolve) => setTimeout(resolve, lag));
        await deliveries.settled();
      };
      running = { world, engine: createEngine({ world, handlers, setNow, heard }), heard };
      store.onCommit((changes) => {
        for (const [kind, , object] of changes) {
          if (kind === 'test_clocks') queueMicrotask(advanceTestClocks);
          else if (kind === 'deliveries') queueMicrotask(deliveries.wake);
          else if (kind === 'tasks') queueMicrotask(watchWall);
          else if (kind === 'meter_events' && object !== null && 'visible_at' in object)
            countedAt = Number(object.visible_at);
        }
      });
      deliveries.wake();
      advanceTestClocks();
      watchWall();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
