// What a host's own routes are given, beside the router: who pays, what happens while the database is away, and how it is told later.
import { randomUUID } from 'node:crypto';

import type { Request, RequestHandler } from 'express';

import type { HttpContext } from '../http/context.ts';
import { problemOf } from '../http/errors.ts';
import { openJournal } from '../journal/open-journal.ts';
import type { Gate } from './gate.ts';
import type { BillingHooks } from './hooks.ts';
import type { Operations } from './operations.ts';
import { type Payer, type RequireCredits, requireCredits } from './require-credits.ts';
import { createSpool } from './spool.ts';

export interface HostSettings {
  /** Who pays for a request; null: nobody, which is answered 401. */
  readonly identify?: (request: Request) => Payer | null | Promise<Payer | null>;
  /** While the database is away: `allow` needs a spool; default `allow` with one and `block` without. */
  readonly onUnavailable?: 'allow' | 'block';
  /** How long a decision may take before the database counts as away; default 2 000. */
  readonly decideWithinMs?: number;
  /** A file of this process, where uses wait while the database is away. */
  readonly spool?: string;
  /** Your functions that are told of events, at least once, by the processes whose jobs run. */
  readonly hooks?: BillingHooks;
}

export interface PaidRoutes {
  readonly requireCredits: (action: string, options?: RequireCredits) => RequestHandler;
  readonly spooled: () => number;
  readonly close: () => Promise<void>;
}

const REPLAY_MS = 5_000;
const DECIDE_WITHIN_MS = 2_000;

interface HostParts {
  readonly operations: Operations;
  readonly gate: Gate;
}

/** Opens the spool, begins to replay what an earlier process left, and makes middlewares. */
export function openHost(context: HttpContext, { operations, gate }: HostParts, settings: HostSettings): PaidRoutes {
  const { log } = context.deps;
  if (settings.onUnavailable === 'allow' && settings.spool === undefined) {
    throw new Error("onUnavailable: 'allow' needs spool, a file where uses wait while the database is away");
  }
  const journal = settings.spool === undefined ? null : openJournal(settings.spool);
  const spool =
    journal === null
      ? null
      : createSpool(journal, operations, (use, message) => {
          log.error({ ...use, message }, 'a spooled use was refused; it stays in the spool');
        });
  const replay = async (): Promise<void> => {
    if (spool === null || spool.waiting() === 0) return;
    try {
      await spool.replay();
      log.info({}, 'what was used while the database was away is counted');
    } catch (error) {
      if (problemOf(context, 'spool', error).code !== 'database_unavailable') throw error;
    }
  };
  const timer = spool === null ? undefined : setInterval(() => void replay(), REPLAY_MS);
  timer?.unref();
  return {
    requireCredits: (action, options) => {
      const { identify } = settings;
      if (identify === undefined) throw new Error('requireCredits needs identify(req) in createBilling: who pays?');
      const onUnavailable = settings.onUnavailable ?? (spool === null ? 'block' : 'allow');
      const { decideWithinMs = DECIDE_WITHIN_MS } = settings;
      const deciding = { identify, onUnavailable, decideWithinMs, spool, newId: randomUUID };
      return requireCredits({ context, operations, gate, ...deciding }, action, options);
    },
    spooled: () => spool?.waiting() ?? 0,
    close: async () => {
      clearInterval(timer);
      await replay();
      journal?.close();
    },
  };
}
