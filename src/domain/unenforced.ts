// Use of an action that is not enforced: it is stored and rated, in shadow its draws are noted in books of their own, and
// neither balance nor meter moves. Nothing is refused for lack of credits.
import type { HoldRequest } from './hold.ts';
import type { ActionMode } from './ladder.ts';
import type { HoldState, Moment, PoolBook } from './pool-book.ts';
import { runningPeriod } from './pool-book.ts';
import { availableAt } from './pool-stock.ts';
import type { Refused } from './rejection.ts';
import { drawInShadow, planShadowBurn } from './shadow-book.ts';
import { noPeriod, periodOfUsage, type RatedUsage, refusedAction, refusedMistake } from './usage.ts';

export type UnenforcedMode = Exclude<ActionMode, 'enforce'>;

export interface ObservedUsage {
  readonly usageEventId: string;
  readonly status: 'observed' | 'shadowed';
  readonly credits: bigint;
  readonly overage: 0n;
  readonly debt: 0n;
  readonly billingPeriodId: string;
  /** Spendable: as before. */
  readonly available: bigint;
  readonly passedCap: null;
}

/** Stores one event beside the balance; only what is a mistake of the sender in any mode is refused. */
export function recordUnenforced(
  book: PoolBook,
  usage: RatedUsage,
  mode: UnenforcedMode,
  { now }: Moment,
): ObservedUsage | Refused {
  const period = periodOfUsage(book, usage.occurredAt, now);
  if (period === null) return noPeriod(usage.action);
  const mistake = refusedMistake(book, period, usage, now);
  if (mistake !== null) return mistake;
  const { usageEventId, credits } = usage;
  const { billingPeriodId } = period;
  book.changes.usage.push({
    event: usage,
    overage: 0n,
    debt: 0n,
    outcome: 'observed',
    billingPeriodId,
    entryId: null,
    entrySeq: null,
  });
  if (mode === 'shadow') {
    const refused = refusedAction(book, usage.action, usage.feature) !== null;
    const burn = refused
      ? { draws: [], overage: 0n, debt: 0n, unfunded: credits }
      : planShadowBurn(book, period, usage, credits, now, true);
    drawInShadow(book, period, usage, burn);
  }
  return {
    usageEventId,
    status: mode === 'shadow' ? 'shadowed' : 'observed',
    credits,
    overage: 0n,
    debt: 0n,
    billingPeriodId,
    available: availableAt(book, now),
    passedCap: null,
  };
}

const TTL_SECONDS_MAX = 86_400;

/** A hold that reserves nothing, so that the host's code runs as it will later. */
export function placeUnenforced(book: PoolBook, request: HoldRequest, { now }: Moment): HoldState | Refused {
  const period = runningPeriod(book, now);
  if (period === null || book.terms === null) return noPeriod(request.action);
  const ttlSeconds = Math.min(request.ttlSeconds ?? book.terms.policy.hold.ttlSeconds, TTL_SECONDS_MAX);
  const hold: HoldState = {
    ...request,
    billingPeriodId: period.billingPeriodId,
    planVersionId: period.planVersionId,
    placedAt: now,
    expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
    pins: [],
    reserves: false,
    overageReserved: 0n,
    debtReserved: 0n,
    captured: 0n,
    state: 'open',
    settledAt: null,
  };
  book.holds.set(hold.holdId, hold);
  book.changes.newHolds.add(hold.holdId);
  return hold;
}
