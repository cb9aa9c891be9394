// One thing that was done, against the replay's book, by the very rules that decide it live. What the model refuses is
// counted and changes nothing.
import { lesser } from '../amount.ts';
import { clawBack } from '../clawback.ts';
import type { Draw } from '../drawdown.ts';
import { openLot } from '../lot-opening.ts';
import { remaining } from '../lot.ts';
import { poolFor } from '../member-pool.ts';
import type { Moment, PoolBook } from '../pool-book.ts';
import { rate, rateInForce } from '../rating.ts';
import { transferCredits } from '../transfer.ts';
import { undoWaiting } from '../unfunded.ts';
import { noteFeePaid } from '../unpaid.ts';
import { reverseUsage } from '../usage-reversal.ts';
import { recordUsage } from '../usage.ts';
import type { FeePaidInput, GrantInput, ReplayInput, TransferInput, UsageInput } from './replay-facts.ts';
import { applyCapture, applyHold, applyRelease } from './replay-holds.ts';
import { refused, type ReplayState } from './replay-state.ts';

export function applyInput(state: ReplayState, input: ReplayInput, moment: Moment): void {
  switch (input.kind) {
    case 'usage':
      return applyUsage(state, input, moment);
    case 'hold':
      return applyHold(state, input, moment);
    case 'capture':
      return applyCapture(state, input, moment);
    case 'release':
      return applyRelease(state, input.holdId, moment);
    case 'grant':
      return applyGrant(state, input, moment);
    case 'clawback':
      return applyClawback(state, input, moment);
    case 'reversal':
      return applyReversal(state, input.usageEventId, moment);
    case 'transfer':
      return applyTransfer(state, input, moment);
    case 'fee paid':
      return applyFeePaid(state, input, moment);
  }
}

function applyUsage(state: ReplayState, input: UsageInput, moment: Moment): void {
  const row = rateInForce(state.model.rates, input.action, input.occurredAt);
  if (row === null) {
    state.refusals.set('unknown_action', (state.refusals.get('unknown_action') ?? 0) + 1);
    return;
  }
  const credits = rate(row.rate, input.quantities, input.dimensions);
  if (typeof credits === 'object') return refused(state, credits);
  const pool = poolFor(state.book, input.member, input.occurredAt, moment);
  const { usageEventId, action, member, agent, dimensions, occurredAt, cause } = input;
  const isUndone = state.reversedIds.has(usageEventId);
  const before = isUndone ? drawnOf(pool) : null;
  const answer = recordUsage(
    pool,
    {
      usageEventId,
      source: 'simulation',
      eventId: usageEventId,
      eventHash: usageEventId,
      occurredAt,
      action,
      feature: row.feature,
      member,
      agent,
      quantities: {},
      dimensions,
      amends: null,
      cause,
      credits,
      burnRateId: row.burnRateId,
    },
    moment,
  );
  if ('rejected' in answer) return refused(state, answer, credits);
  if (before === null) return;
  const entry = pool.changes.usage.at(-1)?.entryId ?? null;
  const { billingPeriodId, debt } = answer;
  const usage =
    entry === null
      ? null
      : {
          usageEventId,
          entryId: entry,
          occurredAt,
          member,
          agent,
          billingPeriodId,
          credits,
          debt,
          draws: drawnSince(pool, before),
        };
  state.undone.set(usageEventId, { pool, usage, credits });
}

function drawnOf({ lots }: PoolBook): ReadonlyMap<string, bigint> {
  return new Map([...lots].map(([lotId, { drawn }]) => [lotId, drawn]));
}

function drawnSince({ lots }: PoolBook, before: ReadonlyMap<string, bigint>): readonly Draw[] {
  return [...lots].flatMap(([lotId, { drawn }]) => {
    const amount = drawn - (before.get(lotId) ?? 0n);
    return amount > 0n ? [{ lotId, amount }] : [];
  });
}

function applyGrant(state: ReplayState, input: GrantInput, moment: Moment): void {
  const pool = poolFor(state.book, input.member, input.at, moment);
  const { currency } = state.model.terms;
  const lot = openLot(
    pool,
    {
      ...input.lot,
      source: input.source,
      billingPeriodId: null,
      paidMinor: input.paidMinor,
      paidCurrency: input.paidMinor === 0n ? null : currency,
      grantCurrency: currency,
      originLotId: null,
      sourceType: 'simulation',
      sourceId: input.lotId,
    },
    { actor: 'simulation' },
    moment,
  );
  state.lots.set(input.lotId, { lotId: lot.lotId, pool });
}

function applyClawback(
  state: ReplayState,
  { lotId: was, amount }: Extract<ReplayInput, { kind: 'clawback' }>,
  moment: Moment,
): void {
  const known = state.lots.get(was) ?? { lotId: was, pool: state.book };
  const lot = known.pool.lots.get(known.lotId);
  if (lot === undefined) return;
  const cause = {
    sourceType: 'stripe_credit_note',
    sourceId: was,
    reason: 'simulation',
    at: moment.now,
    stripe: {},
  } as const;
  clawBack(known.pool, lot, lesser(amount, remaining(lot) + lot.frozen), cause, moment);
}

function applyReversal(state: ReplayState, usageEventId: string, moment: Moment): void {
  const known = state.undone.get(usageEventId);
  if (known === undefined) return;
  const { pool, usage, credits } = known;
  if (usage !== null) {
    reverseUsage(pool, usage, { actor: 'simulation', reason: 'simulation', ticket: usageEventId }, moment);
    return;
  }
  const waits = pool.shortfall.unfunded.some((waiting) => waiting.usageEventId === usageEventId);
  if (waits) undoWaiting(pool, { usageEventId, credits }, moment);
}

function applyTransfer(state: ReplayState, { from, to, amount }: TransferInput, moment: Moment): void {
  const giver = poolFor(state.book, from, moment.now, moment);
  const taker = poolFor(state.book, to, moment.now, moment);
  const transfer = { transferId: moment.newId(), amount, actor: 'simulation', reason: 'simulation' };
  const answer = transferCredits(giver, taker, transfer, moment);
  if ('rejected' in answer) refused(state, answer);
}

function applyFeePaid({ book }: ReplayState, { startsAt, at }: FeePaidInput, moment: Moment): void {
  const periods = book.periods.filter((period) => period.startsAt.getTime() === startsAt.getTime());
  noteFeePaid(book, { periods, paidAt: at, opened: new Set() }, moment);
}
