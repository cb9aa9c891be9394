import type { Deps } from '../operations/deps.ts';

export interface Loop {
  readonly name: string;
  /** Longest pause between two turns; a wake-up cuts it short. */
  readonly everyMs: number;
  /** One turn; true when there may be more to do at once. */
  readonly turn: () => Promise<boolean>;
}

export interface Loops {
  readonly wake: (name: string) => void;
  /** Resolves when the turns under way are over. */
  readonly stop: () => Promise<void>;
}

const PAUSE_AFTER_FAILURE_MS = 2_000;

/** Runs each loop one turn after the other: soon after a wake-up, else every so often. */
export function startLoops(deps: Deps, loops: readonly Loop[]): Loops {
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
    stop: async () => {
      stopped.abort();
      for (const wake of wakers.values()) wake();
      await Promise.all(running);
    },
  };
}

async function turnOf(deps: Deps, loop: Loop): Promise<number> {
  try {
    return (await loop.turn()) ? 0 : loop.everyMs;
  } catch (error) {
    deps.log.error({ err: error, loop: loop.name }, 'a loop failed and goes on');
    return PAUSE_AFTER_FAILURE_MS;
  }
}
