// What a host's requests used while the database was away: kept in a file, replayed in order, counted once.
import type { JournalFile } from '../journal/open-journal.ts';
import type { Operations } from './operations.ts';

/** A use that happened; quantities as strings of digits. */
export interface SpooledUse {
  readonly eventId: string;
  readonly customer: string;
  readonly action: string;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly member: string | null;
  readonly occurredAt: string;
  /** Held before the database went: captured, and tracked as a use only when it has lapsed. */
  readonly holdId: string | null;
}

export interface Spool {
  readonly keep: (use: SpooledUse) => void;
  readonly waiting: () => number;
  /** Tells the database of what waits; throws when it is away still, and keeps the rest. */
  readonly replay: () => Promise<void>;
}

type Row = { readonly use: SpooledUse } | { readonly told: 1 } | { readonly refused: string };

/** Begins with what an earlier process left. A refused use stays in the file, named, for a person. */
export function createSpool(
  journal: JournalFile,
  operations: Operations,
  onRefused: (use: SpooledUse, message: string) => void,
): Spool {
  const waiting: SpooledUse[] = [];
  for (const row of journal.rows() as readonly Row[]) {
    if ('use' in row) waiting.push(row.use);
    else waiting.shift();
  }
  let running: Promise<void> = Promise.resolve();
  const tellAll = async (): Promise<void> => {
    for (let use = waiting[0]; use !== undefined; use = waiting[0]) {
      const refused = await tell(operations, use);
      if (refused !== null) onRefused(use, refused);
      journal.append(refused === null ? { told: 1 } : { refused });
      waiting.shift();
    }
    if (!journal.rows().some((row) => 'refused' in (row as Row))) journal.rewrite([]);
  };
  return {
    keep: (use) => {
      journal.append({ use });
      waiting.push(use);
    },
    waiting: () => waiting.length,
    replay: async () => {
      running = running.then(tellAll, tellAll);
      await running;
    },
  };
}

/** Null: it counts. Else why it never will. */
async function tell(operations: Operations, use: SpooledUse): Promise<string | null> {
  const quantities = Object.fromEntries(Object.entries(use.quantities).map(([name, text]) => [name, BigInt(text)]));
  const { eventId, customer, action, dimensions, member, holdId } = use;
  if (holdId !== null) {
    const key = { key: `${eventId}/capture`, fingerprint: eventId };
    const captured = await operations.captureHold({
      holdId,
      quantities,
      amount: null,
      dimensions,
      final: true,
      ...key,
    });
    if (!('rejected' in captured)) return null;
    if (captured.rejected.code !== 'hold_not_open') return captured.rejected.message;
  }
  const occurredAt = new Date(use.occurredAt);
  // Of the source under which it may have been counted already, when only the answer was lost.
  const event = { eventId, customer, action, quantities, dimensions, member, source: 'host' };
  for (const at of [occurredAt, null]) {
    const [tracked] = await operations.trackUsage([{ ...event, occurredAt: at }]);
    if (tracked === undefined || !('rejected' in tracked)) return null;
    // Our clock is ahead of the database's, whose time counts.
    if (tracked.rejected.code !== 'occurred_in_future') return tracked.rejected.message;
  }
  return 'it lies in the future';
}
