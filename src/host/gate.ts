// Requests under way: after the end begins nobody comes in, and those who are inside are waited for.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Problem } from '../http/problems.ts';

export interface Gate {
  readonly isClosed: () => boolean;
  /** Counts a request until its response is sent or its reader gone; false: the gate is closed. */
  readonly enter: (response: ServerResponse) => boolean;
  /** Lets nobody in any more; resolves when everybody has left, or after so long. */
  readonly close: (withinMs: number) => Promise<void>;
}

export const CLOSING: Problem = {
  code: 'not_ready',
  message: 'this server is closing and took nothing of your request; retry in a second with the same key',
};

export function createGate(): Gate {
  let inside = 0;
  let isClosed = false;
  const left = Promise.withResolvers<void>();
  const leave = (): void => {
    inside -= 1;
    if (isClosed && inside === 0) left.resolve();
  };
  return {
    isClosed: () => isClosed,
    enter: (response) => {
      if (isClosed) return false;
      inside += 1;
      response.once('close', leave);
      return true;
    },
    close: async (withinMs) => {
      isClosed = true;
      if (inside === 0) return;
      const waiting = new AbortController();
      await Promise.race([left.promise, sleep(withinMs, undefined, { signal: waiting.signal })]);
      waiting.abort();
    },
  };
}
