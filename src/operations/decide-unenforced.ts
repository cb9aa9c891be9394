import { openHold, settle } from '../domain/hold.ts';
// Checks and captures of actions that are not enforced: always allowed, nothing reserved, and in shadow with what
// enforcement would have said.
import { insufficientCredits } from '../domain/insufficient-credits.ts';
import { withLane } from '../domain/lane-id.ts';
import { type HoldState, type Moment, type PoolBook, runningPeriod } from '../domain/pool-book.ts';
import { availableAt } from '../domain/pool-stock.ts';
import { rateInForce } from '../domain/rating.ts';
import type { Refused } from '../domain/rejection.ts';
import { planShadowBurn } from '../domain/shadow-book.ts';
import { recordUnenforced, type UnenforcedMode } from '../domain/unenforced.ts';
import { noPeriod, refusedAction } from '../domain/usage.ts';
import type { BurnRateRow } from '../storage/plans.ts';
import { eventHash } from '../storage/usage-events.ts';
import type { HoldCapture } from './pool-request.ts';
import { textOf } from './rate-action.ts';

/** What enforcement would have refused this for; null for nothing, and always in `observe`, which asks no balance. */
export function wouldRefuse(
  book: PoolBook,
  asked: { readonly action: string; readonly feature: string; readonly cost: bigint; readonly mode: UnenforcedMode },
  now: Date,
): Refused | null {
  if (asked.mode === 'observe') return null;
  const refusal = refusedAction(book, asked.action, asked.feature);
  if (refusal !== null) return refusal;
  const period = runningPeriod(book, now);
  if (period === null) return noPeriod(asked.action);
  const { unfunded } = planShadowBurn(book, period, asked, asked.cost, now, false);
  return unfunded > 0n ? insufficientCredits(book, asked.action, asked.cost, now) : null;
}

/** Takes what was used of a hold that reserves nothing: a use like any other of its action, and no movement. */
export function captureUnenforced(
  book: PoolBook,
  hold: HoldState,
  { key, final, quantities, dimensions, amount }: Omit<HoldCapture, 'amount'> & { readonly amount: bigint },
  rates: readonly BurnRateRow[],
  moment: Moment,
): { readonly usageEventId: string; readonly released: bigint; readonly available: bigint } | Refused {
  const open = openHold(book, hold.holdId, moment.now);
  if ('rejected' in open) return open;
  const eventId = `${hold.holdId}/${key}`;
  const usageEventId = withLane(moment.newId(), book.customer.lane);
  const recorded = recordUnenforced(
    book,
    {
      usageEventId,
      source: 'hold',
      eventId,
      eventHash: eventHash(eventId),
      occurredAt: moment.now,
      action: hold.action,
      feature: hold.feature,
      member: hold.member,
      agent: hold.agent,
      quantities: quantities === null ? hold.quantities : textOf(quantities),
      dimensions: { ...hold.dimensions, ...dimensions },
      amends: null,
      cause: null,
      credits: amount,
      burnRateId: rateOf(hold, rates).burnRateId,
    },
    modeOf(hold, rates, moment.now),
    moment,
  );
  if ('rejected' in recorded) return recorded;
  hold.captured += amount;
  book.changes.holds.add(hold.holdId);
  if (final || hold.captured >= hold.amount) settle(book, hold, 'captured', moment.now);
  return { usageEventId, released: 0n, available: availableAt(book, moment.now) };
}

function rateOf({ burnRateId, action }: HoldState, rates: readonly BurnRateRow[]): BurnRateRow {
  const row = rates.find((each) => each.burnRateId === burnRateId);
  if (row === undefined) throw new Error(`a hold of ${action} was rated by ${burnRateId}, which is no row`);
  return row;
}

/** As its action is now, and never enforced: what reserved nothing is not drawn afterwards. */
function modeOf({ action }: HoldState, rates: readonly BurnRateRow[], now: Date): UnenforcedMode {
  return rateInForce(rates, action, now)?.mode === 'observe' ? 'observe' : 'shadow';
}
