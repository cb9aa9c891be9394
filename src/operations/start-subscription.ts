import type { CustomerKey } from '../domain/customer.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { listPlanVersions, type PlanVersion } from '../storage/plans.ts';
import {
  insertSubscriptionOrder,
  openSubscriptionOrder,
  type SubscriptionOrder,
} from '../storage/subscription-orders.ts';
import { subscriptionsInForce } from '../storage/subscriptions.ts';
import { hadTrial } from '../storage/trials.ts';
import { carryOutOrder } from './carry-out-order.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read-customer.ts';

export interface StartSubscription {
  /** `cus_…`, `ext:…` or our own id. */
  readonly customer: string;
  /** In its newest version. */
  readonly plan: string;
  /** Seats. */
  readonly quantity: number;
  /** With the plan's trial; else the first fee is due at once. */
  readonly withTrial: boolean;
  readonly reason: string;
  readonly actor: string;
}

/** Subscribes a customer to a plan, as far as that goes now; the same request again tells how far it has come. */
export async function startSubscription(deps: Deps, asked: StartSubscription): Promise<SubscriptionOrder | Refused> {
  const { quantity, withTrial, reason, actor } = asked;
  const customer = await findCustomer(deps, asked.customer);
  if ('rejected' in customer) return customer;
  const plan = (await listPlanVersions(deps.db)).find((version) => version.plan === asked.plan);
  if (plan === undefined) return refuse('unknown_plan', `No plan is called ${asked.plan}.`, { param: 'plan' });
  const open = await openSubscriptionOrder(deps.db, customer, null);
  if (open !== null) return carryOutOrder(deps, open);
  const refusal = await refusedStart(deps, customer, plan, withTrial);
  if (refusal !== null) return refusal;
  const { trial } = plan.content.policy;
  const trialDays = withTrial && trial !== 'none' ? trial.days : null;
  const request = { planVersionId: plan.planVersionId, quantity, trialDays };
  await transaction(deps.db, async (trx) => {
    const order = { subscriptionOrderId: deps.newId(), kind: 'start', subscriptionId: null } as const;
    await insertSubscriptionOrder(trx, customer, { ...order, request, reason, actor, at: await clock(trx) });
  });
  const kept = await openSubscriptionOrder(deps.db, customer, null);
  if (kept === null) throw new Error('the order of a new subscription was not kept');
  return carryOutOrder(deps, kept);
}

async function refusedStart(
  deps: Deps,
  customer: CustomerKey,
  { plan, unit, content, stripeBasePriceId, stripeMeteredPriceId }: PlanVersion,
  withTrial: boolean,
): Promise<Refused | null> {
  if (stripeBasePriceId === null && stripeMeteredPriceId === null) {
    return refuse('unknown_plan', `Plan ${plan} has no prices at Stripe; push the catalogue.`, { param: 'plan' });
  }
  // One subscription of a customer is followed at a time.
  const [running] = await subscriptionsInForce(deps.db, customer, unit);
  if (running !== undefined) {
    const message = `The customer has the subscription ${running.subscriptionId}, which is ${running.status}; change its plan.`;
    return refuse('subscription_exists', message, { param: 'customer' });
  }
  if (!withTrial) return null;
  if (content.policy.trial === 'none') {
    return refuse('trial_not_offered', `Plan ${plan} has no trial.`, { param: 'trial' });
  }
  if (await hadTrial(deps.db, customer)) {
    return refuse('trial_not_offered', 'The customer has had a trial before.', { param: 'trial' });
  }
  return null;
}
