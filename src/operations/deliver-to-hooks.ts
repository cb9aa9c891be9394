// Telling the host's own functions, in its process: at least once, each on its own, and never at the expense of the billing.
import type { HookName } from '../domain/hook.ts';
import { leaseForHooks } from '../storage/alert-deliveries.ts';
import { announceHooks } from '../storage/hooks.ts';
import { type Attempt, type Channels, concludeDelivery, eventOf } from './deliver-alerts.ts';
import type { Deps } from './deps.ts';

/** The functions of this process. */
export interface HookCalls {
  readonly names: readonly HookName[];
  /** Why a hook did not take an event, in its own words; null when it did. Ends before another process may try (a minute). */
  readonly call: (hook: HookName, event: object) => Promise<string | null>;
}

const NOTHING_ANSWERED: Attempt = { status: null, body: null, failure: null };

/** Tells what waits for the hooks of this process; returns how many deliveries came to an end. */
export async function deliverToHooks(
  deps: Deps,
  { ways, hooks }: { readonly ways: Pick<Channels, 'wireId' | 'livemode'>; readonly hooks: HookCalls },
  { limit }: { readonly limit: number },
): Promise<number> {
  await announceHooks(deps.db, hooks.names);
  const due = await leaseForHooks(deps.db, hooks.names, limit);
  const ended = await Promise.all(
    due.map(async (delivery) => {
      const { hook, alertId, kind, attempts } = delivery;
      const failure = await hooks.call(hook, eventOf(ways, delivery));
      if (failure !== null) deps.log.warn({ hook, alertId, kind, attempts, failure }, 'a hook failed');
      return concludeDelivery(deps, delivery, { ...NOTHING_ANSWERED, failure });
    }),
  );
  return ended.filter((end) => end).length;
}
