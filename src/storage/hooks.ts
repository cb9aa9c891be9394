// Functions of the host that are told of events: who has them, and since when nobody does.
import { HOOK_FORGOTTEN_AFTER_DAYS, HOOK_KINDS, type HookName } from '../domain/hook.ts';
import type { Database } from './database.ts';
import { execute } from './query.ts';

/** Says that a process has these hooks, once an hour; from the first time on they are told of what happens. */
export async function announceHooks(db: Database, hooks: readonly HookName[]): Promise<void> {
  for (const hook of hooks) {
    const kinds = HOOK_KINDS[hook];
    await execute(
      db,
      `insert into hooks (hook, kinds, seen_at) values ($1, $2::text[], clock_timestamp())
       on conflict (hook) do update set kinds = excluded.kinds, seen_at = excluded.seen_at
       where hooks.seen_at < excluded.seen_at - interval '1 hour' or hooks.kinds is distinct from excluded.kinds`,
      [hook, kinds],
    );
  }
}

/** Gives up what waits for hooks that no process has had for days; returns how many deliveries those were. */
export async function giveUpForgottenHooks(db: Database): Promise<number> {
  return execute(
    db,
    `update alert_deliveries d set state = 'skipped', finished_at = clock_timestamp(),
       outcome = 'no process has had this hook for ' || $1 || ' days'
     from hooks h where d.lane between 0 and 63 and d.state = 'pending' and d.channel = 'hook' and d.hook = h.hook
       and h.seen_at < clock_timestamp() - make_interval(days => $1)`,
    [HOOK_FORGOTTEN_AFTER_DAYS],
  );
}
