// One usage event against its pool. The event is always answered: applied, unfunded (stored, nobody pays yet) or refused.
import { AMOUNT_MAX, formatCredits } from './amount.ts';
import { awaitsCutOff, cycleStart, isWithin, monthOf } from './billing-period.ts';
import { planBurn, postBurn } from './burn.ts';
import { beginEntry, type Moment, type PeriodState, type PoolBook, runningPeriod } from './pool-book.ts';
import type { EntryDraft } from './pool-changes.ts';
import { availableAt } from './pool-stock.ts';
import type { Dimensions } from './rating.ts';
import { refuse, type Refused } from './rejection.ts';
import { waitForFunds } from './unfunded.ts';
import { type CapName, capPassed, countUse } from './usage-cap.ts';

export interface RatedUsage {
  readonly usageEventId: string;
  readonly source: string;
  readonly eventId: string;
  readonly eventHash: string;
  readonly occurredAt: Date;
  readonly action: string;
  readonly feature: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Dimensions;
  /** The earlier usage event that this one stands for instead. */
  readonly amends: string | null;
  /** null: reported by the host as it happened, so it must be recent and what the plan says of late usage holds. */
  readonly cause: UsageCause | null;
  readonly credits: bigint;
  readonly burnRateId: string;
}

/** Who brings usage in by hand and why: a backfill, an amendment, a release from quarantine. */
export interface UsageCause {
  readonly actor: string;
  readonly reason: string;
}

export interface UsageAnswer {
  readonly usageEventId: string;
  readonly status: 'applied' | 'unfunded';
  readonly credits: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly billingPeriodId: string;
  /** Spendable after this event. */
  readonly available: bigint;
  /** The cap that its member or agent is past with it. */
  readonly passedCap: CapName | null;
}

const FUTURE_MINUTES_MAX = 5;
const PAST_DAYS_MAX = 35;
const DAY_MS = 86_400_000;

/** Burns one event's credits, or says why not; a refusal leaves the book as it was. */
export function recordUsage(book: PoolBook, usage: RatedUsage, moment: Moment): UsageAnswer | Refused {
  const refusal = refusedUsage(book, usage, moment.now);
  if (refusal !== null) return refusal;
  const period = periodOfUsage(book, usage.occurredAt, moment.now);
  if (period === null) return noPeriod(usage.action);
  const overflow = refusedAmount(book, period, usage.credits) ?? refusedAsImplausible(book, usage);
  if (overflow !== null) return overflow;
  if (usage.cause === null && isLate(book, usage, period, moment.now) && book.terms?.policy.lateUsage === 'refuse') {
    return tooLate(usage.occurredAt);
  }
  const burn = planBurn(book, period, usage, usage.credits, moment.now, true);
  const funded = burn.unfunded === 0n;
  const posts = funded && usage.credits > 0n;
  const entry = posts ? usageEntry(book, usage, period, moment) : null;
  const counted = { period, at: usage.occurredAt < period.startsAt ? moment.now : usage.occurredAt };
  if (entry !== null) {
    postBurn(book, entry.entry, period, burn, usage.occurredAt);
    countUse(book, usage, usage.credits, counted);
  }
  const outcome = funded ? 'applied' : 'unfunded';
  const { credits } = usage;
  const share = funded ? burn : NOTHING;
  if (!funded) waitForFunds(book, { ...usage });
  book.changes.usage.push({
    event: usage,
    overage: share.overage,
    debt: share.debt,
    outcome,
    billingPeriodId: period.billingPeriodId,
    entryId: entry?.entry.entryId ?? null,
    entrySeq: entry === null ? null : entry.events++,
  });
  return {
    usageEventId: usage.usageEventId,
    status: outcome,
    credits,
    overage: share.overage,
    debt: share.debt,
    billingPeriodId: period.billingPeriodId,
    available: availableAt(book, moment.now),
    passedCap: entry === null ? null : capPassed(book, usage, counted),
  };
}

const NOTHING = { overage: 0n, debt: 0n };

/** The period that late usage still belongs to, else the running one. */
export function periodOfUsage(book: PoolBook, occurredAt: Date, now: Date): PeriodState | null {
  const late = book.periods.find(
    (period) => isWithin(period, occurredAt) && awaitsCutOff(period, now) && now < period.cutOffAt,
  );
  return late ?? runningPeriod(book, now);
}

function refusedUsage(book: PoolBook, usage: RatedUsage, now: Date): Refused | null {
  return refusedInstant(usage, now) ?? refusedAction(book, usage.action, usage.feature);
}

/** What is a mistake of the sender, whether or not its action is enforced. */
export function refusedMistake(book: PoolBook, period: PeriodState, usage: RatedUsage, now: Date): Refused | null {
  return refusedInstant(usage, now) ?? refusedAmount(book, period, usage.credits) ?? refusedAsImplausible(book, usage);
}

function refusedInstant({ occurredAt, cause }: RatedUsage, now: Date): Refused | null {
  if (occurredAt.getTime() > now.getTime() + FUTURE_MINUTES_MAX * 60_000) {
    return refuse(
      'occurred_in_future',
      `occurred_at ${occurredAt.toISOString()} is more than ${FUTURE_MINUTES_MAX} minutes after ${now.toISOString()}. Check the sender's clock.`,
      { param: 'occurred_at' },
    );
  }
  if (cause === null && isOld(occurredAt, now)) {
    return refuse(
      'occurred_too_long_ago',
      `occurred_at ${occurredAt.toISOString()} is more than ${PAST_DAYS_MAX} days before ${now.toISOString()}, which Stripe's meters refuse. Send it as a backfill.`,
      { param: 'occurred_at' },
    );
  }
  return null;
}

/** Older than what Stripe's meters take. */
function isOld(occurredAt: Date, now: Date): boolean {
  return occurredAt.getTime() < now.getTime() - PAST_DAYS_MAX * DAY_MS;
}

/** Paid by another cycle than the one it happened in, or too old to be metered when it happened. */
function isLate(
  { periods }: PoolBook,
  { occurredAt }: Pick<RatedUsage, 'occurredAt'>,
  period: PeriodState,
  now: Date,
): boolean {
  return occurredAt < cycleStart(periods, period) || isOld(occurredAt, now);
}

/** More than any one event should cost; what a person brings in is believed. */
function refusedAsImplausible({ terms }: PoolBook, { cause, credits, eventId }: RatedUsage): Refused | null {
  const max = terms?.eventMax ?? null;
  if (cause !== null || max === null || credits <= max) return null;
  return refuse(
    'implausible_usage',
    `Event ${eventId} would cost ${formatCredits(credits)} credits; the plan believes at most ${formatCredits(max)} of one event. Check the quantities; if they are right, send it as a backfill.`,
    { param: 'quantities', details: { credits: formatCredits(credits), most: formatCredits(max) } },
  );
}

function tooLate(occurredAt: Date): Refused {
  return refuse(
    'usage_too_late',
    `The period of ${occurredAt.toISOString()} was cut off, and the plan refuses late usage. Send it as a backfill if it shall be paid now.`,
    { param: 'occurred_at' },
  );
}

/** Why this pool may not pay for an action at all; null when it may. */
export function refusedAction(book: PoolBook, action: string, feature: string): Refused | null {
  if (book.terms === null) return noPeriod(action);
  if (book.terms.features.has(feature)) return null;
  const features = [...book.terms.features].join(', ');
  return refuse(
    'action_not_in_plan',
    `${action} belongs to feature ${feature}; plan ${book.terms.plan} covers ${features}. Move the customer to a plan with ${feature}.`,
    { param: 'action' },
  );
}

export function noPeriod(action: string): Refused {
  return refuse(
    'no_subscription',
    `The customer has no running billing period that could pay for ${action}. Subscribe it to a plan first.`,
    { param: 'customer' },
  );
}

/** A batch's events of one pool, period, rate and UTC day share one entry, dated at the latest of them. */
function usageEntry(
  book: PoolBook,
  usage: RatedUsage,
  period: PeriodState,
  { now, newId }: Moment,
): { readonly entry: EntryDraft; events: number } {
  const late = isLate(book, usage, period, now);
  const effectiveAt = late || usage.occurredAt > now ? now : usage.occurredAt;
  const day = Math.floor(effectiveAt.getTime() / DAY_MS);
  const belongsTo = late ? monthOf(usage.occurredAt) : null;
  const { actor = 'api', reason = null } = usage.cause ?? {};
  const key = `${period.billingPeriodId}/${usage.burnRateId}/${day}/${belongsTo ?? ''}/${actor}/${reason ?? ''}`;
  const known = book.changes.usageEntries.get(key);
  if (known !== undefined) {
    if (known.entry.effectiveAt < effectiveAt) known.entry.effectiveAt = effectiveAt;
    return known;
  }
  const entryId = newId();
  const entry = beginEntry(book, {
    entryId,
    kind: 'usage.burn',
    effectiveAt,
    actor,
    ...(reason !== null && { reason }),
    sourceType: 'usage',
    sourceId: entryId,
    billingPeriodId: period.billingPeriodId,
    planVersionId: period.planVersionId,
    burnRateId: usage.burnRateId,
    ...(belongsTo !== null && { belongsTo }),
  });
  const started = { entry, events: 0 };
  book.changes.usageEntries.set(key, started);
  return started;
}

/** Amounts that would take a balance past what the books can hold; null for one that fits. */
export function refusedAmount(book: PoolBook, { billingPeriodId }: PeriodState, amount: bigint): Refused | null {
  const { consumed, debtReserved } = book.shortfall;
  let standing = (consumed.get(billingPeriodId) ?? 0n) + book.debt + debtReserved + book.shortfall.unfundedSum;
  for (const reserved of book.overageReserved.values()) standing += reserved;
  if (amount <= AMOUNT_MAX - standing) return null;
  return refuse(
    'amount_out_of_range',
    `${formatCredits(amount)} credits more are beyond what a balance can hold (${formatCredits(AMOUNT_MAX)}). Send less at once.`,
    { param: 'quantities' },
  );
}
