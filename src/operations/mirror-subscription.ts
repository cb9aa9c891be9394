import type { CustomerKey } from '../domain/customer.ts';
import { maySpend, SPENDABLE_STATUSES, type SubscriptionFacts } from '../domain/subscription.ts';
import { wallTime } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { type Transaction, transaction } from '../storage/database.ts';
import { type PlanVersion, planVersionOfPrice } from '../storage/plans.ts';
import {
  blockOrUnblockPools,
  isMeteredByOther,
  openPool,
  readSubscription,
  saveSubscription,
  type StoredSubscription,
  type SubscriptionTerms,
} from '../storage/subscriptions.ts';
import { fetchSubscription } from '../stripe/subscriptions.ts';
import type { Deps } from './deps.ts';
import { catchUpCustomer, followChange, followEnd, followResume, followTrial } from './follow-subscription.ts';
import { knownCustomer } from './mirror-customer.ts';
import { openBillingPeriod } from './open-billing-period.ts';

/** A subscription as it was fetched. */
export interface SubscriptionSight {
  readonly facts: SubscriptionFacts;
  readonly fetchedAt: Date;
  /** When Stripe says it changed. */
  readonly changedAt: Date | null;
}

/**
 * Mirrors a subscription as it is now. One of our plans gives the customer a pool and opens its first billing period;
 * a subscription that may not be spent on blocks the pool; new seats fund it. `changedAt`: when Stripe says it changed.
 * Returns its status, null when Stripe has none of this id.
 */
export async function mirrorSubscription(
  deps: Deps,
  subscriptionId: string,
  changedAt: Date | null = null,
): Promise<string | null> {
  const fetchedAt = await wallTime(deps.db);
  const facts = await fetchSubscription(deps.stripe, subscriptionId);
  if (facts === null) return null;
  const key = await knownCustomer(deps, facts.stripeCustomerId);
  await transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    await storeSubscription(deps, trx, key, { facts, fetchedAt, changedAt });
  });
  return facts.status;
}

/** The same of what was fetched, in the transaction of a caller who holds the customer's lock. */
export async function storeSubscription(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  { facts, fetchedAt, changedAt }: SubscriptionSight,
): Promise<void> {
  const plan = await planOf(trx, facts);
  const stored = await readSubscription(trx, key, facts.subscriptionId);
  const terms = termsOf(facts, plan);
  const isOther = stored !== null && isOtherThan(stored, terms);
  // What has begun by now began under what was agreed until now.
  if (isOther) await catchUpCustomer(deps, trx, key);
  const isNewer = await saveSubscription(trx, key, { facts, terms, fetchedAt });
  if (isNewer && plan !== null)
    await providePool(deps, trx, key, { facts, plan, isResumed: stored?.status === 'paused' });
  if (isNewer && isOther) {
    const metered = facts.items.find(({ itemId }) => itemId === terms.meteredItemId);
    const period = { meteredFrom: metered?.periodStart ?? null, meteredUntil: metered?.periodEnd ?? null };
    await followChange(deps, trx, key, { before: stored, facts: period, changedAt });
  }
  if (isNewer && stored !== null) await followStatus(deps, trx, key, { before: stored.status, facts, plan });
  await blockOrUnblockPools(trx, key, SPENDABLE_STATUSES);
}

/** What another status means for the running period: a trial that ends at another time, an end, a pause. */
async function followStatus(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  { before, facts, plan }: { before: string; facts: SubscriptionFacts; plan: PlanVersion | null },
): Promise<void> {
  const { subscriptionId, status } = facts;
  const item = plan === null ? undefined : itemOf(facts, plan);
  if (before === 'trialing' && item !== undefined && maySpend(status)) {
    await followTrial(deps, trx, key, { subscriptionId, isTrialing: status === 'trialing', ...item });
  }
  if (before !== status && (status === 'canceled' || status === 'paused')) {
    const endedAt = status === 'paused' ? facts.pausedAt : (facts.endedAt ?? facts.canceledAt);
    await followEnd(deps, trx, key, { subscriptionId, endedAt });
  }
}

/** The item whose periods are the plan's. */
function itemOf({ items }: SubscriptionFacts, plan: PlanVersion): SubscriptionFacts['items'][number] | undefined {
  const metered = items.find(({ priceId }) => priceId === plan.stripeMeteredPriceId);
  return metered ?? items.find(({ priceId }) => priceId === plan.stripeBasePriceId);
}

function isOtherThan(stored: StoredSubscription, { planVersionId, quantity }: SubscriptionTerms): boolean {
  return planVersionId !== null && (stored.planVersionId !== planVersionId || stored.quantity !== quantity);
}

async function planOf(trx: Transaction, { items }: SubscriptionFacts): Promise<PlanVersion | null> {
  const found: PlanVersion[] = [];
  for (const { priceId } of items) {
    const version = await planVersionOfPrice(trx, priceId);
    // The metered price decides: a base price may be shared by versions.
    if (version?.stripeMeteredPriceId === priceId) return version;
    if (version !== null) found.push(version);
  }
  return found[0] ?? null;
}

function termsOf({ items }: SubscriptionFacts, plan: PlanVersion | null): SubscriptionTerms {
  const base = items.find(({ priceId }) => priceId === plan?.stripeBasePriceId);
  const metered = items.find(({ priceId }) => priceId === plan?.stripeMeteredPriceId);
  return {
    planVersionId: plan?.planVersionId ?? null,
    baseItemId: base?.itemId ?? null,
    meteredItemId: metered?.itemId ?? null,
    quantity: base?.quantity ?? 1,
  };
}

async function providePool(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  { facts, plan, isResumed }: { facts: SubscriptionFacts; plan: PlanVersion; isResumed: boolean },
): Promise<void> {
  // One that was never paid, or is over, opens nothing.
  if (!maySpend(facts.status)) return;
  const item = itemOf(facts, plan);
  if (item === undefined) throw new Error(`${facts.subscriptionId} lost the item of ${plan.plan}`);
  const { unit, planVersionId } = plan;
  const isMetered = item.priceId === plan.stripeMeteredPriceId;
  // One beside it, without the plan's metered price, brings nothing: its fee alone would take the pool from its meter.
  if (!isMetered && (await isMeteredByOther(trx, key, facts.subscriptionId, unit))) return;
  const isTrial = facts.status === 'trialing';
  await openPool(trx, key, { poolId: deps.newId(), unit, planVersionId, openedAt: item.periodStart });
  if (isResumed) await followResume(deps, trx, key, item);
  await openBillingPeriod(deps, trx, key, {
    subscriptionId: facts.subscriptionId,
    startsAt: item.periodStart,
    endsAt: item.periodEnd,
    isTrial,
    // Nothing is to be paid in a trial.
    includedLot: isTrial || plan.stripeBasePriceId === null ? 'now' : 'on_payment',
  });
}
