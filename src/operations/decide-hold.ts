// Holds against one book, each request once per key.
import { formatCredits } from '../domain/amount.ts';
import { captureHold } from '../domain/hold-capture.ts';
import { heldOf, type HoldAnswer as HoldChange, placeHold, releaseHold } from '../domain/hold.ts';
import { withLane } from '../domain/lane-id.ts';
import type { HoldState, Moment, PoolBook } from '../domain/pool-book.ts';
import { availableAt } from '../domain/pool-stock.ts';
import { costOf, modelOf } from '../domain/provider-cost.ts';
import { rate, rateInForce } from '../domain/rating.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { refusedAsBlocked } from '../domain/shadow.ts';
import { placeUnenforced } from '../domain/unenforced.ts';
import type { BurnRateRow } from '../storage/plans.ts';
import { captureUnenforced } from './decide-unenforced.ts';
import { answerKey, type Earlier } from './earlier.ts';
import type { HoldAnswer, HoldCapture, HoldPlacement, HoldRelease, Keyed } from './pool-request.ts';
import { textOf, unknownAction } from './rate-action.ts';

export interface AnsweredHold {
  readonly hold: HoldAnswer;
  readonly replayed: boolean;
}

/** First answer for ever: the key is looked up before anything is decided; refusals are not kept. */
export function once<Effect extends object>(
  book: PoolBook,
  request: Keyed & { readonly kind: 'hold' | 'capture' | 'release' | 'transfer' },
  earlier: Earlier,
  decide: () => Effect | Refused,
): { readonly effect: Effect; readonly replayed: boolean } | Refused {
  const { kind: operation, key, fingerprint } = request;
  const name = answerKey(book.customer.customerId, operation, key);
  const known = earlier.answers.get(name);
  if (known !== undefined && known.fingerprint !== fingerprint) {
    return refuse(
      'idempotency_key_reused',
      `Idempotency-Key ${key} was used before with another request. Use a new key for a new request.`,
    );
  }
  if (known !== undefined) return { effect: known.effect as Effect, replayed: true };
  const effect = decide();
  if ('rejected' in effect) return effect;
  book.changes.answers.push({ operation, key, fingerprint, effect });
  earlier.answers.set(name, { fingerprint, effect });
  return { effect, replayed: false };
}

/** Reserves credits for an action. */
export function decideHold(
  book: PoolBook,
  request: HoldPlacement,
  rates: readonly BurnRateRow[],
  moment: Moment,
): HoldAnswer | Refused {
  const row = rateInForce(rates, request.action, moment.now);
  if (row === null) return unknownAction(request.action, rates);
  const amount = request.quantities === null ? request.amount : rate(row.rate, request.quantities, request.dimensions);
  if (amount === null || typeof amount === 'object') {
    return amount ?? refuse('invalid_request', 'Give either quantities or credits.', { param: 'quantities' });
  }
  const { provider = null, registry = [], member, dimensions } = request;
  const named = { model: modelOf(provider, dimensions), key: provider?.key ?? null, feature: row.feature, member };
  const blocked = refusedAsBlocked(registry, named);
  if (blocked !== null) return blocked;
  if (amount <= 0n) return refuse('invalid_request', `${request.action} would cost nothing; there is nothing to hold.`);
  const place = row.mode === 'enforce' ? placeHold : placeUnenforced;
  const hold = place(
    book,
    {
      holdId: withLane(moment.newId(), book.customer.lane),
      action: request.action,
      feature: row.feature,
      member: request.member,
      agent: request.agent,
      quantities: textOf(request.quantities ?? {}),
      dimensions: request.dimensions,
      burnRateId: row.burnRateId,
      amount,
      ttlSeconds: request.ttlSeconds,
    },
    moment,
  );
  return 'rejected' in hold ? hold : shown(hold, 0n, availableAt(book, moment.now));
}

/** Takes what was really used. */
export function decideCapture(
  book: PoolBook,
  request: HoldCapture,
  rates: readonly BurnRateRow[],
  moment: Moment,
): HoldAnswer | Refused {
  const hold = book.holds.get(request.holdId);
  if (hold === undefined) return unknownHold();
  const amount = amountOfCapture(hold, request, rates);
  if (typeof amount === 'object') return amount;
  const { holdId, key, final } = request;
  if (!hold.reserves && amount > 0n) {
    const taken = captureUnenforced(book, hold, { ...request, amount }, rates, moment);
    if (!('rejected' in taken)) noteCost(book, hold, request, moment, taken.usageEventId);
    return answered(book, holdId, taken);
  }
  // Nothing was used: the hold is simply given back.
  const change =
    amount === 0n
      ? releaseHold(book, holdId, moment)
      : captureHold(book, { holdId, captureKey: key, amount, final }, moment);
  if (!('rejected' in change)) noteCost(book, hold, request, moment);
  return answered(book, holdId, change);
}

/** What it cost is stored with the capture, also of work that earns nothing. */
function noteCost(
  { changes, customer }: PoolBook,
  hold: HoldState,
  request: HoldCapture,
  moment: Moment,
  usageEventId: string | null = null,
): void {
  const { action, feature, member, agent } = hold;
  const holdId = usageEventId === null ? hold.holdId : null;
  const { provider = null, prices = [] } = request;
  const quantities = request.quantities ?? {};
  const dimensions = { ...hold.dimensions, ...request.dimensions };
  const cost = costOf(provider, { quantities, dimensions, at: moment.now }, prices);
  if (cost === null) return;
  const costId = withLane(moment.newId(), customer.lane);
  const use = { costId, usageEventId, holdId, occurredAt: moment.now, action, feature, member, agent };
  changes.costs.push({ ...use, ...cost });
}

/** Gives all of it back. */
export function decideRelease(book: PoolBook, { holdId }: HoldRelease, moment: Moment): HoldAnswer | Refused {
  return answered(book, holdId, releaseHold(book, holdId, moment));
}

export function unknownHold(): Refused {
  return refuse('unknown_hold', 'No such hold. Check the id.', { param: 'id' });
}

function amountOfCapture(hold: HoldState, request: HoldCapture, rates: readonly BurnRateRow[]): bigint | Refused {
  if (request.amount !== null) return request.amount;
  if (request.quantities === null) return hold.reserves ? heldOf(hold) : hold.amount - hold.captured;
  const row = rates.find(({ burnRateId }) => burnRateId === hold.burnRateId);
  return row === undefined
    ? refuse('invalid_request', 'This hold has no rate; capture it by an amount of credits.', { param: 'quantities' })
    : rate(row.rate, request.quantities, { ...hold.dimensions, ...request.dimensions });
}

function answered(
  book: PoolBook,
  holdId: string,
  change: Omit<HoldChange, 'captured'> | Refused,
): HoldAnswer | Refused {
  if ('rejected' in change) return change;
  const hold = book.holds.get(holdId);
  return hold === undefined ? unknownHold() : shown(hold, change.released, change.available);
}

function shown(hold: HoldState, released: bigint, available: bigint): HoldAnswer {
  return {
    holdId: hold.holdId,
    state: hold.state,
    action: hold.action,
    amount: formatCredits(hold.amount),
    captured: formatCredits(hold.captured),
    held: formatCredits(heldOf(hold)),
    released: formatCredits(released),
    available: formatCredits(available),
    placedAt: hold.placedAt.toISOString(),
    expiresAt: hold.expiresAt.toISOString(),
    ...(!hold.reserves && { reserves: false }),
  };
}
