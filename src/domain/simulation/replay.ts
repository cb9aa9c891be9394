// Past behaviour under a model, by the rules of the live engine: the same rating, drawdown, overage, rollover, seats,
// holds and reversals, applied in the order in which things were recorded. Nothing here knows a rule of its own.
import { boundary } from '../billing-period.ts';
import { catchUp } from '../catch-up.ts';
import { familyOf, type Moment, overageIn, type PoolBook } from '../pool-book.ts';
import { noteSeats } from '../seats.ts';
import { endSubscription } from '../subscription-end.ts';
import { bookAtStart, drainMeter, openFirstAllowance, seatsAt } from './replay-book.ts';
import type { ReplayFacts, ReplayInput, ReplayModel } from './replay-facts.ts';
import { applyInput } from './replay-input.ts';
import type { ReplayState } from './replay-state.ts';

/** One billing period as the model would have had it; micro-credits. */
export interface ReplayedPeriod {
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** What lots and overage took, in parts of a meter unit too. */
  readonly meteredMicro: bigint;
  /** What stands as overage when the period is cut off. */
  readonly overageMicro: bigint;
}

export interface Replay {
  readonly periods: readonly ReplayedPeriod[];
  /** Usage that nobody would have paid: past the lots, the overage cap and the debt limit. */
  readonly unfundedMicro: bigint;
  readonly debtMicro: bigint;
  /** How often the model would have said no, by the refusal's code, and the credits of it. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly refusedMicro: bigint;
  /** What of allowances and grants would have expired unused. */
  readonly expiredMicro: bigint;
}

interface Tick {
  readonly at: Date;
  readonly input: ReplayInput | null;
}

/** Replays whole billing periods; the facts name the first one's start and the last one's end. */
export function replay(facts: ReplayFacts, model: ReplayModel): Replay {
  let made = 0;
  const newId = (): string => {
    made += 1;
    return `simulated-${String(made).padStart(12, '0')}`;
  };
  const book = bookAtStart(facts, model.terms, newId);
  const reversed = facts.inputs.flatMap((input) => (input.kind === 'reversal' ? [input.usageEventId] : []));
  const state: ReplayState = {
    book,
    model,
    holds: new Map(),
    lots: new Map(),
    undone: new Map(),
    reversedIds: new Set(reversed),
    refusals: new Map(),
    refusedMicro: 0n,
  };
  const metered = new Map<string, bigint>();
  let isOpened = false;
  for (const { at, input } of ticksOf(facts, model)) {
    const moment: Moment = { now: at, newId };
    followSeats(book, facts, moment);
    catchUp(book, moment);
    if (!isOpened && facts.firstAllowanceAt <= at) {
      openFirstAllowance(book, facts.firstAllowanceAt, moment);
      isOpened = true;
    }
    if (input !== null) applyInput(state, input, moment);
    drainMeter(book, metered);
  }
  return resultOf(state, facts, metered);
}

/** Inputs, and between them the instants at which time alone does something. */
function ticksOf(facts: ReplayFacts, { terms }: ReplayModel): readonly Tick[] {
  const { cutOffMinutes } = facts.settings;
  const instants = [facts.startsAt, facts.firstAllowanceAt, ...facts.seats.map(({ at }) => at)];
  if (facts.endedAt !== null) instants.push(facts.endedAt);
  for (let n = 0; ; n += 1) {
    const end = boundary(facts.anchor, terms.interval, n);
    if (end > facts.until) break;
    if (end > facts.startsAt) instants.push(end, new Date(end.getTime() + cutOffMinutes * 60_000));
  }
  const last = new Date(facts.until.getTime() + cutOffMinutes * 60_000);
  const ticks: Tick[] = [
    ...[...instants, last].map((at) => ({ at, input: null })),
    ...facts.inputs.map((input) => ({ at: input.at, input })),
  ];
  // Of one instant what time does comes first, as when a pool is touched; the sort is stable, so inputs keep their order.
  return ticks
    .filter(({ at }) => at >= facts.startsAt && at <= last)
    .toSorted((a, b) => a.at.getTime() - b.at.getTime() || Number(a.input !== null) - Number(b.input !== null));
}

/** The subscription as Stripe had it then: its seats, and whether it had ended. */
function followSeats(book: PoolBook, facts: ReplayFacts, moment: Moment): void {
  const { subscription } = book;
  if (subscription === null) return;
  const { now } = moment;
  const hasEnded = facts.endedAt !== null && facts.endedAt <= now;
  if (hasEnded && subscription.renews) {
    setSubscription(book, { ...subscription, renews: false });
    endSubscription(book, { subscriptionId: subscription.subscriptionId, endedAt: facts.endedAt }, moment);
  }
  const quantity = seatsAt(facts, now);
  if (quantity === subscription.quantity || hasEnded) return;
  setSubscription(book, { ...subscription, quantity });
  catchUp(book, moment);
  noteSeats(book, quantity, now, moment);
}

function setSubscription(book: PoolBook, subscription: NonNullable<PoolBook['subscription']>): void {
  for (const pool of familyOf(book)) pool.subscription = subscription;
}

function resultOf(
  { book, refusals, refusedMicro }: ReplayState,
  facts: ReplayFacts,
  metered: ReadonlyMap<string, bigint>,
): Replay {
  const pools = familyOf(book);
  const periods = book.periods.filter(({ startsAt, endsAt }) => startsAt >= facts.startsAt && endsAt <= facts.until);
  const lots = pools.flatMap((pool) => [...pool.lots.values()]);
  return {
    periods: periods.map(({ billingPeriodId, startsAt, endsAt }) => ({
      startsAt,
      endsAt,
      meteredMicro: metered.get(billingPeriodId) ?? 0n,
      overageMicro: pools.reduce((sum, pool) => sum + overageIn(pool, billingPeriodId), 0n),
    })),
    unfundedMicro: pools.reduce((sum, { shortfall }) => sum + shortfall.unfundedSum, 0n),
    debtMicro: pools.reduce((sum, { debt }) => sum + debt, 0n),
    refusals,
    refusedMicro,
    expiredMicro: lots.reduce((sum, { ended, moved }) => sum + ended - moved, 0n),
  };
}
