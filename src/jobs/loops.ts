import type { Deps } from '../operations/deps.ts';
import type { Observer } from '../telemetry/observer.ts';

export interface Loop {
  readonly name: string;
  /** Longest pause between two turns; a wake-up cuts it short. */
  readonly everyMs: number;
  /** One turn; true when there may be more to do at once. */
  readonly turn: () => Promise<boolean>;
}

export interface Loops {
  readonly wake: (name: string) => void;
  /** Resolves when the turns under way are over, or after so long: what a turn leaves is taken up again by its lease. */
  readonly stop: (withinMs: number) => Promise<void>;
}

type LoopDeps = Pick<Deps, 'log'> & { readonly observer: Observer };

const PAUSE_AFTER_FAILURE_MS = 2_000;

/** Runs each loop one turn after the other: soon after a wake-up, else every so often. */
export function startLoops(deps: LoopDeps, loops: readonly Loop[]): Loops {
  const stopped = new AbortController();
  const wakers = new Map<string, () => void>();
  const run = async (loop: Loop): Promise<void> => {
    let woken = false;
    let rest: () => void = () => undefined;
    wakers.set(loop.name, () => {
      woken = true;
      rest();
    });
    while (!stopped.signal.aborted) {
      woken = false;
      const pauseMs = await turnOf(deps, loop);
      if (woken || stopped.signal.aborted || pauseMs === 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        rest = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = loops.map(run);
  return {
    wake: (name) => wakers.get(name)?.(),
    stop: async (withinMs) => {
      stopped.abort();
      for (const wake of wakers.values()) wake();
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, withinMs);
      await Promise.race([Promise.all(running), promise]);
      clearTimeout(timer);
    },
  };
}

async function turnOf({ log, observer }: LoopDeps, { name, everyMs, turn }: Loop): Promise<number> {
  const started = performance.now();
  const conclude = (outcome: 'done' | 'failed'): void => {
    observer.turn({ loop: name, outcome, seconds: (performance.now() - started) / 1000 });
  };
  try {
    const more = await turn();
    conclude('done');
    return more ? 0 : everyMs;
  } catch (error) {
    conclude('failed');
    log.error({ err: error, loop: name }, 'a loop failed and goes on');
    return PAUSE_AFTER_FAILURE_MS;
  }
}
