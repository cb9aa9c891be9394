// Usage that must not be lost while nobody can be reached: kept in order, sent in batches, kept until it is answered. An event
// counts once however often it is sent, so sending again is always safe.
import type { InputOf } from '../contract/operations.ts';
import type { Creditpool } from './client.ts';
import { type Journal, memoryJournal } from './journal.ts';
import { CreditpoolError, isUnreachable } from './refusal.ts';

/** As `track` takes it; without an id it is given one. */
export type QueuedUsage = Omit<Exclude<InputOf<'track'>, { readonly events: unknown }>, 'id'> & {
  readonly id?: string;
};

export interface RefusedUsage {
  readonly event: QueuedUsage;
  readonly code: string;
  readonly message: string;
  /** Where the server keeps it to be put right; null: it is kept nowhere. */
  readonly quarantinedEvent: string | null;
}

export interface UsageQueueSettings {
  readonly credits: Pick<Creditpool, 'track'>;
  /** Without a journal, what waits ends with the process. */
  readonly journal?: Journal;
  /** How long usage waits for company; default 1 000. */
  readonly everyMs?: number;
  /** Events that may wait; `add` throws beyond it. Default 100 000. */
  readonly waitingMax?: number;
  /** An event that the server did not take; it is not sent again. */
  readonly onRefused?: (refused: RefusedUsage) => void;
  /** The server cannot be reached, or refuses all of it; everything is kept and tried again. */
  readonly onTrouble?: (error: CreditpoolError) => void;
}

export interface UsageQueue {
  /** Keeps an event; the id under which it counts. Throws `UsageQueueFull` when too much waits. */
  readonly add: (event: QueuedUsage) => string;
  readonly waiting: () => number;
  /** Sends what waits; throws when the server cannot be reached, and keeps it. */
  readonly flush: () => Promise<void>;
  /** Tries once more and stops. What waits still is in the journal. */
  readonly close: () => Promise<void>;
}

export class UsageQueueFull extends Error {
  constructor(waiting: number) {
    super(`${waiting} usage events wait already and nobody takes them; nothing more is kept before some have left`);
    this.name = 'UsageQueueFull';
  }
}

const BATCH = 500;
const PAUSE_MS_MAX = 30_000;

type Row = { readonly event: QueuedUsage & { readonly id: string } } | { readonly sent: number };

/** Begins with what an earlier process left in the journal. */
export function createUsageQueue(settings: UsageQueueSettings): UsageQueue {
  const { credits, journal = memoryJournal(), everyMs = 1_000, waitingMax = 100_000 } = settings;
  const waiting = leftIn(journal.rows() as readonly Row[]);
  journal.rewrite(waiting.map((event) => ({ event })));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isClosed = false;
  let sending: Promise<void> = Promise.resolve();

  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      const answer = await credits.track({ events: batch, on_error: 'quarantine' });
      waiting.splice(0, batch.length);
      if (waiting.length === 0) journal.rewrite([]);
      else journal.append({ sent: batch.length });
      answer.results.forEach((result, index) => {
        const event = batch[index];
        if (!('error' in result) || event === undefined) return;
        const { code, message } = result.error;
        const quarantinedEvent = 'quarantined_event' in result ? result.quarantined_event : null;
        settings.onRefused?.({ event, code, message, quarantinedEvent });
      });
    }
  };
  const flush = async (): Promise<void> => {
    sending = sending.then(sendAll, sendAll);
    await sending;
    failures = 0;
  };
  const plan = (ms: number): void => {
    if (isClosed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void flush().catch((error: unknown) => {
        if (!(error instanceof CreditpoolError)) throw error;
        failures += 1;
        settings.onTrouble?.(error);
        plan(Math.min(PAUSE_MS_MAX, everyMs * 2 ** Math.min(failures, 16)));
      });
    }, ms);
    timer.unref?.();
  };
  if (waiting.length > 0) plan(everyMs);
  return {
    add: (event) => {
      if (waiting.length >= waitingMax) throw new UsageQueueFull(waiting.length);
      // When it happened is said now: it may be sent much later.
      const kept = { occurred_at: new Date().toISOString(), ...event, id: event.id ?? crypto.randomUUID() };
      journal.append({ event: kept });
      waiting.push(kept);
      plan(everyMs);
      return kept.id;
    },
    waiting: () => waiting.length,
    flush,
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await flush().catch((error: unknown) => {
        if (!isUnreachable(error)) throw error;
      });
    },
  };
}

function leftIn(rows: readonly Row[]): (QueuedUsage & { readonly id: string })[] {
  const left: (QueuedUsage & { readonly id: string })[] = [];
  for (const row of rows) {
    if ('event' in row) left.push(row.event);
    else left.splice(0, row.sent);
  }
  return left;
}
