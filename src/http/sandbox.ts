import { sandboxClock } from '../contract/sandbox.ts';
import { readClock } from '../operations/read-clock.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

const NOT_HERE = {
  rejected: {
    code: 'not_in_sandbox',
    message: 'only a sandbox has a clock that moves on command; this deployment runs in real time',
  },
} as const;

const YEARS_2_MS = 2 * 366 * 86_400_000;

export const sandboxRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/sandbox/clock',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps, sandbox }) =>
      sandbox === null ? NOT_HERE : ok({ object: 'sandbox_clock', now: await readClock(deps) }),
  },
  {
    method: 'post',
    path: '/v1/sandbox/clock',
    scopes: ['admin'],
    reply: async ({ deps, sandbox }, request) => {
      if (sandbox === null) return NOT_HERE;
      const asked = parse(sandboxClock, request.body);
      if ('rejected' in asked) return asked;
      const from = await readClock(deps);
      const to = asked.value.advance_to ?? new Date(from.getTime() + (asked.value.advance_by ?? 0));
      if (to <= from) return badMove(`the clock stands at ${from.toISOString()} and only moves forward`);
      if (to.getTime() - from.getTime() > YEARS_2_MS) return badMove('the clock moves at most two years at once');
      const moved = await sandbox.advanceClock(to);
      return ok({ object: 'sandbox_clock', now: moved.to, moved_from: moved.from, stops: moved.stops });
    },
  },
];

function badMove(message: string) {
  return { rejected: { code: 'invalid_request', message, param: 'advance_to' } } as const;
}
