// Holds of the past under another model: placed, captured and released as they were, at what their work costs now.
import { dividedUp } from '../amount.ts';
import type { BurnRate } from '../catalogue.ts';
import { captureHold } from '../hold-capture.ts';
import { placeHold, releaseHold } from '../hold.ts';
import { poolFor } from '../member-pool.ts';
import { familyOf, type Moment, type PoolBook } from '../pool-book.ts';
import { rate, rateInForce } from '../rating.ts';
import type { Refused } from '../rejection.ts';
import type { CaptureInput, HoldInput } from './replay-facts.ts';
import { refused, type ReplayState } from './replay-state.ts';

export function applyHold(state: ReplayState, input: HoldInput, moment: Moment): void {
  const row = rateInForce(state.model.rates, input.action, input.at);
  if (row === null) return void state.refusals.set('unknown_action', (state.refusals.get('unknown_action') ?? 0) + 1);
  const amount = heldAmount(input, row.rate);
  if (typeof amount === 'object') return refused(state, amount);
  // Free under this model: there is nothing to hold, and nothing to take.
  if (amount === 0n) return;
  const pool = poolFor(state.book, input.member, input.at, moment);
  const { action, member, agent, dimensions, ttlSeconds } = input;
  const hold = placeHold(
    pool,
    {
      holdId: moment.newId(),
      action,
      feature: row.feature,
      member,
      agent,
      quantities: {},
      dimensions,
      burnRateId: row.burnRateId,
      amount,
      ttlSeconds,
    },
    moment,
  );
  if ('rejected' in hold) return refused(state, hold, amount);
  state.holds.set(input.holdId, { holdId: hold.holdId, priced: [amount, input.amount] });
}

/** What was asked for by quantities is priced again; what was asked for in credits stays. */
function heldAmount({ quantities, dimensions, amount }: HoldInput, burnRate: BurnRate): bigint | Refused {
  return Object.keys(quantities).length === 0 ? amount : rate(burnRate, quantities, dimensions);
}

function poolOfHold({ book }: ReplayState, holdId: string): PoolBook | undefined {
  return familyOf(book).find(({ holds }) => holds.has(holdId));
}

/** What was captured is known in credits only: it costs as much more or less as its hold does. */
export function applyCapture(
  state: ReplayState,
  { holdId: was, captureKey, amount, final }: CaptureInput,
  moment: Moment,
): void {
  const known = state.holds.get(was);
  const pool = known === undefined ? undefined : poolOfHold(state, known.holdId);
  if (known === undefined || pool === undefined) return;
  const [now, before] = known.priced;
  const captured = now === before ? amount : dividedUp(amount * now, before);
  const answer = captureHold(pool, { holdId: known.holdId, captureKey, amount: captured, final }, moment);
  if ('rejected' in answer) refused(state, answer, captured);
}

export function applyRelease(state: ReplayState, was: string, moment: Moment): void {
  const known = state.holds.get(was);
  const pool = known === undefined ? undefined : poolOfHold(state, known.holdId);
  if (known === undefined || pool === undefined) return;
  const answer = releaseHold(pool, known.holdId, moment);
  if ('rejected' in answer) refused(state, answer);
}
