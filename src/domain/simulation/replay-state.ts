import type { PoolBook } from '../pool-book.ts';
import type { Refused } from '../rejection.ts';
import type { ReversibleUsage } from '../usage-reversal.ts';
import type { ReplayModel } from './replay-facts.ts';

/** What a replay keeps beside the book. */
export interface ReplayState {
  readonly book: PoolBook;
  readonly model: ReplayModel;
  /** The replay's own hold for each one that was placed, and how much dearer its work is now: [new, old]. */
  readonly holds: Map<string, { readonly holdId: string; readonly priced: readonly [bigint, bigint] }>;
  /** The replay's lot for each granted one. */
  readonly lots: Map<string, { readonly lotId: string; readonly pool: PoolBook }>;
  /** Usage that is undone later, with what the replay drew for it. */
  readonly undone: Map<
    string,
    { readonly pool: PoolBook; readonly usage: ReversibleUsage | null; readonly credits: bigint }
  >;
  readonly reversedIds: ReadonlySet<string>;
  /** How often each refusal would have been given. */
  readonly refusals: Map<string, number>;
  refusedMicro: bigint;
}

/** Notes what the model would have refused, and the credits of it. */
export function refused(state: ReplayState, { rejected }: Refused, credits = 0n): void {
  state.refusals.set(rejected.code, (state.refusals.get(rejected.code) ?? 0) + 1);
  state.refusedMicro += credits;
}
