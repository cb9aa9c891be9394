// Moving a customer to another plan in the middle of a period: what was used is reported and counted at the old price, then
// Stripe changes prices, and the mirror follows as it does whoever changes them. Each step can be repeated.
import type { CustomerKey } from '../domain/customer.ts';
import { meteredSpan } from '../domain/meter.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { maySpend } from '../domain/subscription.ts';
import { customerOfSubscription, periodToEnd } from '../storage/cancellations.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { meterEventsSentWithin, sentMeterUnits } from '../storage/meter-sums.ts';
import { enqueue, outboxMessage, unfinishedMessages } from '../storage/outbox.ts';
import {
  findPlanChange,
  insertPlanChange,
  movePlanChange,
  openPlanChange,
  openPlanChanges,
  type PlanChange,
  readPlanChange,
} from '../storage/plan-changes.ts';
import { listPlanVersions, planVersion, type PlanVersion } from '../storage/plans.ts';
import { openSubscriptionOrder } from '../storage/subscription-orders.ts';
import { readSubscription, type StoredSubscription } from '../storage/subscriptions.ts';
import { stripeFailure } from '../stripe/failures.ts';
import { meteredTotal } from '../stripe/meter-events.ts';
import type { Deps } from './deps.ts';
import { mirrorSubscription } from './mirror-subscription.ts';
import { relayOutbox } from './relay-outbox.ts';
import { rollUpUsage } from './roll-up-usage.ts';

export type { PlanChange } from '../storage/plan-changes.ts';

const ENDED: ReadonlySet<PlanChange['state']> = new Set(['done', 'refused']);

export interface ChangePlan {
  readonly subscriptionId: string;
  /** The plan to move to, in its newest version. */
  readonly plan: string;
  /** Seats; null: as many as now. */
  readonly quantity: number | null;
  readonly starts: PlanChange['starts'];
  readonly reason: string;
  readonly actor: string;
  /** The change's number, where the asker has kept one: asked again under it, the change that was done is answered. */
  readonly planChangeId?: string;
}

/** Begins a move to another plan and takes it as far as it goes; the same request again tells how far it has come. */
export async function changePlan(deps: Deps, asked: ChangePlan): Promise<PlanChange | Refused> {
  const { subscriptionId } = asked;
  const customer = await customerOfSubscription(deps.db, subscriptionId);
  const stored = customer === null ? null : await readSubscription(deps.db, customer, subscriptionId);
  if (customer === null || stored === null || stored.planVersionId === null) {
    return refuse('unknown_subscription', 'No subscription to one of the plans has this id.', { param: 'id' });
  }
  const kept = asked.planChangeId === undefined ? null : await findPlanChange(deps.db, customer, asked.planChangeId);
  if (kept !== null && ENDED.has(kept.state)) return kept;
  const to = (await listPlanVersions(deps.db)).find(({ plan }) => plan === asked.plan);
  if (to === undefined) return refuse('unknown_plan', `No plan is called ${asked.plan}.`, { param: 'plan' });
  const open = await openPlanChange(deps.db, customer, subscriptionId);
  const refusal = await refusedChange(deps, stored, to, open);
  if (refusal !== null) return refusal;
  const change = open ?? (await begin(deps, customer, asked, { stored, to }));
  await attempt(deps, change);
  return readPlanChange(deps.db, customer, change.planChangeId);
}

/** Takes every open change a step further; returns how many came to their end. */
export async function finishPlanChanges(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  let ended = 0;
  for (const change of await openPlanChanges(deps.db, limit)) {
    const state = await attempt(deps, change);
    if (ENDED.has(state)) ended += 1;
  }
  return ended;
}

async function refusedChange(
  deps: Deps,
  stored: StoredSubscription,
  to: PlanVersion,
  open: PlanChange | null,
): Promise<Refused | null> {
  const not = (message: string, param: string): Refused => refuse('plan_not_changeable', message, { param });
  if (open !== null && open.planVersionId !== to.planVersionId) {
    return not('Another change of plan is on its way; wait until it is done.', 'plan');
  }
  if (open !== null) return null;
  const { status, planVersionId, subscriptionId } = stored;
  if ((await openSubscriptionOrder(deps.db, stored, subscriptionId)) !== null) {
    return not('Another change of the subscription is on its way; wait until it is done.', 'id');
  }
  if (!maySpend(status)) return not(`The subscription is ${status}; settle it first.`, 'id');
  if (status === 'trialing') return not('The subscription is in its trial; end the trial first.', 'id');
  if (planVersionId === to.planVersionId) return not(`The subscription is on plan ${to.plan} already.`, 'plan');
  const from = planVersionId === null ? null : await planVersion(deps.db, planVersionId);
  if (from !== null && (from.currency !== to.currency || from.unit !== to.unit)) {
    return not(`Plan ${to.plan} is sold in ${to.currency} for ${to.unit}, not in ${from.currency}.`, 'plan');
  }
  return null;
}

async function begin(
  deps: Deps,
  customer: CustomerKey,
  { subscriptionId, quantity, starts, reason, actor, planChangeId = deps.newId() }: ChangePlan,
  { stored, to }: { readonly stored: StoredSubscription; readonly to: PlanVersion },
): Promise<PlanChange> {
  const { planVersionId } = to;
  await transaction(deps.db, async (trx) => {
    const wanted = { planChangeId, subscriptionId, planVersionId, quantity: quantity ?? stored.quantity, starts };
    await insertPlanChange(trx, customer, { ...wanted, reason, actor, at: await clock(trx) });
  });
  const kept = await openPlanChange(deps.db, customer, subscriptionId);
  if (kept === null) throw new Error(`the plan change of ${subscriptionId} was not kept`);
  return kept;
}

/** Stripe being out of reach is no end: it is tried again with the next round. */
async function attempt(deps: Deps, change: PlanChange): Promise<PlanChange['state']> {
  try {
    return await advance(deps, change);
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    await movePlanChange(deps.db, change, { state: change.state, waitsFor: failure.reason });
    return change.state;
  }
}

const RELAYED_MAX = 1_000;

async function advance(deps: Deps, change: PlanChange): Promise<PlanChange['state']> {
  const isDue = change.state === 'flushing' && change.starts === 'now';
  const waitsFor = isDue ? await whatItWaitsFor(deps, change) : null;
  if (waitsFor !== null) {
    await movePlanChange(deps.db, change, { state: 'flushing', waitsFor });
    return 'flushing';
  }
  return send(deps, change);
}

/** Stripe bills at the old price what it counts when the price changes, so all that was used must be counted. */
async function whatItWaitsFor(deps: Deps, change: PlanChange): Promise<string | null> {
  const at = await clock(deps.db);
  const period = await periodToEnd(deps.db, change, at);
  if (period === null) return null;
  const { lane, customerId } = change;
  const { billingPeriodId } = period;
  await rollUpUsage(deps, { limit: 1, flush: true, only: { lane, customerId, billingPeriodId } });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'meter' } });
  const [message] = await unfinishedMessages(deps.db, change, { queue: 'meter', billingPeriodId });
  if (message !== undefined) return `a meter event is ${message.state}: ${message.outcome ?? 'not sent yet'}`;
  const span = meteredSpan({ startsAt: period.startsAt, endsAt: at });
  const sent = await sentMeterUnits(deps.db, change, billingPeriodId);
  if (sent === null || span.from >= span.to) return null;
  // Whole minutes are summed up; what is used in this one cannot be seen there yet.
  const reported = await meterEventsSentWithin(deps.db, change, span);
  const units = reported.reduce((sum, { value }) => sum + value, sent.takenOverUnits);
  const counted = await meteredTotal(deps.stripe, { ...sent, ...span });
  return counted === units ? null : `Stripe counts ${counted ?? 'no whole number'} of ${units} meter units so far`;
}

async function send(deps: Deps, change: PlanChange): Promise<PlanChange['state']> {
  const { lane, customerId, subscriptionId, planChangeId, planVersionId, quantity, starts } = change;
  const key = `change_plan/${planChangeId}`;
  if ((await outboxMessage(deps.db, change, key)) === null) {
    await transaction(deps.db, async (trx) => {
      const message = { subjectId: subscriptionId, request: { planVersionId, quantity }, key } as const;
      const call = starts === 'now' ? 'subscription.change_plan' : 'subscription.schedule_plan';
      await enqueue(trx, change, { queue: 'documents', call, ...message });
      await movePlanChange(trx, change, { state: 'sent' });
    });
  }
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
  const message = await outboxMessage(deps.db, change, key);
  if (message?.state === 'refused' || message?.state === 'cancelled') {
    await movePlanChange(deps.db, change, { state: 'refused', waitsFor: message.outcome });
    return 'refused';
  }
  if (message?.state !== 'done') return 'sent';
  await mirrorSubscription(deps, subscriptionId);
  await movePlanChange(deps.db, change, { state: 'done', endedAt: await clock(deps.db) });
  return 'done';
}
