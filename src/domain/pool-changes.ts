// What decisions changed in a pool's book: storage writes it, all of it or nothing.
import type { AlertDraft } from './alert.ts';
import type { JournalEntry, Posting } from './journal.ts';
import type { PeriodState } from './pool-book.ts';
import type { ProviderCost } from './provider-cost.ts';
import type { ShadowDraw } from './shadow-book.ts';
import type { RatedUsage } from './usage.ts';

/** An entry that decisions are still adding postings to. */
export type EntryDraft = Omit<JournalEntry, 'postings'> & { effectiveAt: Date; readonly postings: Posting[] };

export interface UsageRow {
  readonly event: RatedUsage;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly outcome: 'applied' | 'unfunded' | 'observed';
  readonly billingPeriodId: string;
  /** Null where nothing was posted. */
  readonly entryId: string | null;
  readonly entrySeq: number | null;
}

export interface BucketChange {
  readonly billingPeriodId: string;
  readonly windowStart: Date;
  delta: bigint;
  lastAt: Date;
}

export interface PoolChanges {
  readonly entries: EntryDraft[];
  readonly usageEntries: Map<string, { readonly entry: EntryDraft; events: number }>;
  readonly lots: Set<string>;
  readonly newLots: Set<string>;
  readonly newPeriods: PeriodState[];
  readonly cutOffPeriods: string[];
  readonly changedPeriods: Set<PeriodState>;
  /** The pool's own row is new, or what it has opened has moved on. */
  pool: 'new' | 'changed' | null;
  readonly newHolds: Set<string>;
  readonly holds: Set<string>;
  readonly captures: { holdId: string; captureKey: string; entryId: string; amount: bigint }[];
  readonly usage: UsageRow[];
  readonly costs: ProviderCost[];
  readonly shadowDraws: ShadowDraw[];
  readonly buckets: Map<string, BucketChange>;
  /** Without an entry where nothing had been posted. */
  readonly reversals: { usageEventId: string; entryId: string | null; credits: bigint }[];
  readonly answers: { operation: string; key: string; fingerprint: string; effect: unknown }[];
  readonly alerts: AlertDraft[];
  /** The entry that last changed what lots hold outside of burns; asks for a true-up of the grants. */
  trueUpCause: string | null;
}

export function noChanges(): PoolChanges {
  return {
    entries: [],
    usageEntries: new Map(),
    lots: new Set(),
    newLots: new Set(),
    newPeriods: [],
    cutOffPeriods: [],
    changedPeriods: new Set(),
    pool: null,
    newHolds: new Set(),
    holds: new Set(),
    captures: [],
    usage: [],
    costs: [],
    shadowDraws: [],
    reversals: [],
    buckets: new Map(),
    answers: [],
    alerts: [],
    trueUpCause: null,
  };
}

/** Whether nothing at all was decided on this pool; usage that waits to be paid and caps are noted elsewhere. */
export function isUnchanged({ changes }: { readonly changes: PoolChanges }): boolean {
  const { pool, trueUpCause, ...collections } = changes;
  return (
    pool === null &&
    trueUpCause === null &&
    Object.values(collections).every((noted) => (Array.isArray(noted) ? noted.length : noted.size) === 0)
  );
}
