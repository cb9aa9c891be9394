import { setTimeout as sleep } from 'node:timers/promises';

import type { HookName } from '../domain/hook.ts';
import type { HookCalls } from '../operations/deliver-to-hooks.ts';
import type { BillingHooks } from './hooks.ts';

const ANSWER_WITHIN_MS = 30_000;

/** Calls a host's functions within their time. What they throw is the host's, and is an answer here. */
export function callHooks(hooks: BillingHooks): HookCalls {
  const given = Object.entries(hooks) as [HookName, ((event: never) => unknown) | undefined][];
  const functions = new Map(given.flatMap(([name, hook]) => (hook === undefined ? [] : [[name, hook] as const])));
  return {
    names: [...functions.keys()],
    call: async (name, event) => {
      const late = new AbortController();
      const answered = (async () => functions.get(name)?.(event as never))().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      const tooLate = sleep(ANSWER_WITHIN_MS, `it was not done within ${ANSWER_WITHIN_MS / 1000} s`, {
        signal: late.signal,
      });
      try {
        return await Promise.race([answered, tooLate]);
      } finally {
        late.abort();
      }
    },
  };
}
