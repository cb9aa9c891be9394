// Usage events and checks against one book.
import { planBurn } from '../domain/burn.ts';
import { refusedUnnamed } from '../domain/draw-rule.ts';
import { insufficientCredits } from '../domain/insufficient-credits.ts';
import { withLane } from '../domain/lane-id.ts';
import { type Moment, type PoolBook, runningPeriod } from '../domain/pool-book.ts';
import { availableAt } from '../domain/pool-stock.ts';
import { costOf, modelOf } from '../domain/provider-cost.ts';
import { nextRate } from '../domain/rating.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { refusedAsBlocked } from '../domain/shadow.ts';
import { recordUnenforced, type UnenforcedMode } from '../domain/unenforced.ts';
import { refusedForUnfunded } from '../domain/unfunded.ts';
import { refusedByCap } from '../domain/usage-cap.ts';
import { noPeriod, type RatedUsage, recordUsage, refusedAction, refusedAmount } from '../domain/usage.ts';
import type { BurnRateRow } from '../storage/plans.ts';
import type { KnownUsage } from '../storage/usage-events.ts';
import { wouldRefuse } from './decide-unenforced.ts';
import { type Earlier, usageKey } from './earlier.ts';
import type { CheckAnswer, RecordedUsage, UsageCheck, UsageRequest } from './pool-request.ts';
import { rateAction, type Rated, textOf } from './rate-action.ts';

/** Burns one event's credits once; the same event again gets its first answer. */
export function decideUsage(
  book: PoolBook,
  request: UsageRequest,
  rates: readonly BurnRateRow[],
  earlier: Earlier,
  moment: Moment,
): RecordedUsage | Refused {
  const key = usageKey(book.customer.customerId, request.source, request.eventHash);
  const known = earlier.usage.get(key);
  if (known !== undefined) return repeatedUsage(book, request, known, moment.now);
  const occurredAt = request.occurredAt ?? moment.now;
  const rated = rateAction(rates, request.action, request.quantities, request.dimensions, occurredAt);
  if ('rejected' in rated) return rated;
  // Written out field by field: a thousand of these are made at once, and copies of copies are what they cost.
  const usage: RatedUsage = {
    usageEventId: withLane(moment.newId(), book.customer.lane),
    source: request.source,
    eventId: request.eventId,
    eventHash: request.eventHash,
    occurredAt,
    action: request.action,
    feature: rated.row.feature,
    member: request.member,
    agent: request.agent,
    quantities: textOf(request.quantities),
    dimensions: request.dimensions,
    amends: null,
    cause: request.cause,
    credits: rated.credits,
    burnRateId: rated.row.burnRateId,
  };
  const { mode } = rated.row;
  const answer = mode === 'enforce' ? recordUsage(book, usage, moment) : recordUnenforced(book, usage, mode, moment);
  if ('rejected' in answer) return answer;
  noteCost(book, request, usage);
  earlier.usage.set(key, usage);
  return answer;
}

/** What it cost is stored with the use; a use that says nothing of a provider has no such row. */
function noteCost({ changes }: PoolBook, { provider, prices, quantities }: UsageRequest, usage: RatedUsage): void {
  const { usageEventId, occurredAt, action, feature, member, agent, dimensions } = usage;
  const cost = costOf(provider, { quantities, dimensions, at: occurredAt }, prices);
  if (cost === null) return;
  const use = { costId: usageEventId, usageEventId, holdId: null, occurredAt, action, feature, member, agent };
  changes.costs.push({ ...use, ...cost });
}

/** The same event again is a duplicate; the same id with other content is the sender's mistake. */
function repeatedUsage(
  book: PoolBook,
  request: UsageRequest,
  known: Pick<KnownUsage, 'usageEventId' | 'action' | 'occurredAt' | 'quantities' | 'dimensions' | 'credits'>,
  now: Date,
): RecordedUsage | Refused {
  const quantities = textOf(request.quantities);
  const same =
    known.action === request.action &&
    (request.occurredAt === null || request.occurredAt.getTime() === known.occurredAt.getTime()) &&
    sameRecord(quantities, known.quantities) &&
    sameRecord(request.dimensions, known.dimensions);
  if (!same) {
    return refuse(
      'usage_event_conflict',
      `Event ${request.eventId} of source ${request.source} was recorded before with other content. Send changed usage under a new id.`,
      { param: 'id' },
    );
  }
  const { usageEventId, credits } = known;
  const available = availableAt(book, now);
  return {
    usageEventId,
    status: 'duplicate',
    credits,
    overage: 0n,
    debt: 0n,
    billingPeriodId: null,
    available,
    passedCap: null,
  };
}

function sameRecord(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(one);
  return entries.length === Object.keys(other).length && entries.every(([name, value]) => other[name] === value);
}

/** Blocked in the registry: the model, the key, the feature or the member that the question names. */
function blockedCheck({ provider = null, registry = [], ...request }: UsageCheck, feature: string): Refused | null {
  const model = modelOf(provider, request.dimensions);
  return refusedAsBlocked(registry, { model, key: provider?.key ?? null, feature, member: request.member ?? null });
}

/** What it would cost, whether it may run, which lots would pay; changes nothing. */
export function decideCheck(
  book: PoolBook,
  request: UsageCheck,
  rates: readonly BurnRateRow[],
  { now }: Moment,
): CheckAnswer | Refused {
  const rated = rateAction(rates, request.action, request.quantities, request.dimensions, now);
  if ('rejected' in rated) return rated;
  const { feature, mode } = rated.row;
  const cost = rated.credits;
  if (mode !== 'enforce') return unenforcedCheck(book, { ...rated, action: request.action, mode }, rates, now);
  const period = runningPeriod(book, now);
  const who = { member: request.member ?? null, agent: request.agent ?? null };
  const capped = period === null ? null : refusedByCap(book, who, cost, { period, action: request.action, now });
  const burn = period === null ? null : planBurn(book, period, { action: request.action, feature }, cost, now, false);
  const refusal =
    refusedAction(book, request.action, feature) ??
    refusedUnnamed(book, request.action, who.member) ??
    blockedCheck(request, feature) ??
    (book.state === 'active'
      ? null
      : refuse('pool_blocked', `The pool is ${book.state}. Settle the subscription first.`)) ??
    refusedForUnfunded(book, now) ??
    (period === null ? noPeriod(request.action) : refusedAmount(book, period, cost)) ??
    capped ??
    (burn !== null && burn.unfunded > 0n ? insufficientCredits(book, request.action, cost, now) : null);
  return {
    allowed: refusal === null,
    cost,
    available: availableAt(book, now),
    refusal,
    lots: burn?.draws ?? [],
    overage: burn?.overage ?? 0n,
    burnRateId: rated.row.burnRateId,
    rateChangesAt: nextRate(rates, request.action, now)?.effectiveFrom ?? null,
  };
}

/** Always yes: what is not enforced stops nobody, and draws nothing. */
function unenforcedCheck(
  book: PoolBook,
  { row, credits, action, mode }: Rated & { readonly action: string; readonly mode: UnenforcedMode },
  rates: readonly BurnRateRow[],
  now: Date,
): CheckAnswer {
  return {
    allowed: true,
    cost: credits,
    available: availableAt(book, now),
    refusal: null,
    lots: [],
    overage: 0n,
    burnRateId: row.burnRateId,
    rateChangesAt: nextRate(rates, action, now)?.effectiveFrom ?? null,
    unenforced: { mode, wouldRefuse: wouldRefuse(book, { action, feature: row.feature, cost: credits, mode }, now) },
  };
}
