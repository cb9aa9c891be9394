// A running subscription that is another one now: more seats, or another plan.
import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { openResumedPeriod } from '../domain/period-opening.ts';
import { type PriceChange, splitPeriod } from '../domain/period-split.ts';
import { changePlan } from '../domain/plan-change.ts';
import { type PeriodState, type PoolBook, runningPeriod } from '../domain/pool-book.ts';
import { noteSeats } from '../domain/seats.ts';
import { endSubscription } from '../domain/subscription-end.ts';
import type { Transaction } from '../storage/database.ts';
import { planVersion } from '../storage/plans.ts';
import { saveBook } from '../storage/pool-book-changes.ts';
import { loadBook } from '../storage/pool-books.ts';
import type { StoredSubscription } from '../storage/subscriptions.ts';
import { moveTrialLots } from '../storage/trials.ts';
import type { Deps } from './deps.ts';
import { saveWatched, watch } from './watch-pools.ts';

/** Brings a customer's pools up to the present, so that what follows changes nothing that has begun. */
export async function catchUpCustomer(deps: Deps, trx: Transaction, customer: CustomerKey): Promise<void> {
  const { now, book } = await loadBook(trx, customer, deps.settings, 'members');
  if (book === undefined) return;
  catchUp(book, { now, newId: deps.newId });
  await saveBook(trx, now, book);
}

export interface SubscriptionChange {
  readonly before: StoredSubscription;
  /** The period of the metered item as Stripe has it now; null where there is none. */
  readonly facts: { readonly meteredFrom: Date | null; readonly meteredUntil: Date | null };
  readonly changedAt: Date | null;
}

/** Follows what changed: another plan ends the old one's credits and opens its own, new seats bring their share. */
export async function followChange(
  deps: Deps,
  trx: Transaction,
  customer: CustomerKey,
  { before, facts, changedAt }: SubscriptionChange,
): Promise<void> {
  const { now, book } = await loadBook(trx, customer, deps.settings, 'members and holds');
  const { subscription, terms } = book ?? {};
  if (book === undefined || subscription === null || subscription?.subscriptionId !== before.subscriptionId) return;
  const moment = { now, newId: deps.newId };
  const was = before.planVersionId === null ? null : await planVersion(trx, before.planVersionId);
  const seen = watch([book], now);
  const period = runningPeriod(book, now);
  const isRepriced = was !== null && period !== null && period.planVersionId !== subscription.planVersionId;
  if (isRepriced && was.plan !== terms?.plan) changePlan(book, priceChange(period, facts, changedAt ?? now), moment);
  else noteSeats(book, subscription.quantity, changedAt ?? now, moment);
  // A new version of the same plan is meant to begin with a renewal; another hand did not wait for it.
  if (isRepriced && was.plan === terms?.plan) {
    splitPeriod(book, period, priceChange(period, facts, changedAt ?? now), moment);
  }
  await saveWatched(trx, book, seen, moment);
}

/** Stripe changes a price that changes with the renewal within its second; its event may be stamped a little later. */
const RENEWAL_MS = 60_000;

/** The new metered item begins where the price changed; where Stripe keeps its beginning, its event says when. */
function priceChange(
  { startsAt, endsAt }: PeriodState,
  { meteredFrom, meteredUntil }: SubscriptionChange['facts'],
  changedAt: Date,
): PriceChange {
  const until = meteredUntil ?? endsAt;
  if (meteredFrom !== null && startsAt < meteredFrom && meteredFrom < endsAt) return { from: meteredFrom, until };
  const isRenewal = changedAt.getTime() - startsAt.getTime() < RENEWAL_MS;
  const keepsBeginning = meteredFrom === null || meteredFrom.getTime() === startsAt.getTime();
  return { from: keepsBeginning && !isRenewal ? changedAt : startsAt, until };
}

/** Follows a trial that ends earlier or later than was agreed: its period and its credits end then. */
export async function followTrial(
  deps: Deps,
  trx: Transaction,
  customer: CustomerKey,
  {
    subscriptionId,
    isTrialing,
    periodStart,
    periodEnd,
  }: {
    readonly subscriptionId: string;
    readonly isTrialing: boolean;
    readonly periodStart: Date;
    readonly periodEnd: Date;
  },
): Promise<void> {
  const endsAt = isTrialing ? periodEnd : periodStart;
  const moved = await moveTrialLots(trx, customer, { subscriptionId, endsAt });
  if (moved === null) return;
  const { now, book } = await loadBook(trx, customer, deps.settings, 'members');
  const period = book?.periods.find(({ billingPeriodId }) => billingPeriodId === moved);
  if (book === undefined || period === undefined) return;
  period.endsAt = endsAt;
  period.cutOffAt = new Date(endsAt.getTime() + book.cutOffMinutes * 60_000);
  book.changes.changedPeriods.add(period);
  catchUp(book, { now, newId: deps.newId });
  await saveBook(trx, now, book);
}

/** Follows the end of a pause: a new period begins with what it includes. */
export async function followResume(
  deps: Deps,
  trx: Transaction,
  customer: CustomerKey,
  { periodStart: startsAt, periodEnd: endsAt }: { readonly periodStart: Date; readonly periodEnd: Date },
): Promise<void> {
  const { now, book } = await loadBook(trx, customer, deps.settings, 'members');
  if (book === undefined) return;
  const moment = { now, newId: deps.newId };
  openResumedPeriod(book, { startsAt, endsAt }, moment);
  catchUp(book, moment);
  await saveBook(trx, now, book);
}

/** Follows the end of a subscription, or its pause, by whatever hand: its period ends then, and with it what the plan included. */
export async function followEnd(
  deps: Deps,
  trx: Transaction,
  customer: CustomerKey,
  { subscriptionId, endedAt }: { readonly subscriptionId: string; readonly endedAt: Date | null },
): Promise<void> {
  const { now, book } = await loadBook(trx, customer, deps.settings, 'members and holds');
  if (book === undefined || isKeptByOther(book, subscriptionId)) return;
  const moment = { now, newId: deps.newId };
  catchUp(book, moment);
  endSubscription(book, { subscriptionId, endedAt: endedAt === null || endedAt > now ? now : endedAt }, moment);
  await saveBook(trx, now, book);
}

/** Another subscription keeps the pool going, if it has a period of its own. */
function isKeptByOther({ subscription, periods }: PoolBook, endedId: string): boolean {
  const other = subscription?.subscriptionId;
  return other !== undefined && other !== endedId && periods.some(({ subscriptionId }) => subscriptionId === other);
}
