import { refuse, type Refused } from '../domain/rejection.ts';
import { type SubscriptionOrderKind, whyNotOrdered } from '../domain/subscription-order.ts';
import { customerOfSubscription, readCancellation } from '../storage/cancellations.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { openPlanChange } from '../storage/plan-changes.ts';
import {
  insertSubscriptionOrder,
  openSubscriptionOrder,
  type SubscriptionOrder,
} from '../storage/subscription-orders.ts';
import { readSubscription, type StoredSubscription } from '../storage/subscriptions.ts';
import { blockCustomer } from './block-customer.ts';
import { carryOutOrder } from './carry-out-order.ts';
import type { Deps } from './deps.ts';

export type { SubscriptionOrder } from '../storage/subscription-orders.ts';

export interface OrderSubscription {
  readonly subscriptionId: string;
  readonly kind: Exclude<SubscriptionOrderKind, 'start'>;
  /** Of `set_seats`: how many there are to be. */
  readonly quantity?: number;
  readonly reason: string;
  readonly actor: string;
}

/**
 * Ends a trial, lets a subscription end with its period or takes that back, pauses it, resumes it or changes its seats, as
 * far as that goes now; the same request again tells how far it has come. A pause blocks the pool at once.
 */
export async function orderSubscription(deps: Deps, asked: OrderSubscription): Promise<SubscriptionOrder | Refused> {
  const { subscriptionId, kind, quantity, reason, actor } = asked;
  const customer = await customerOfSubscription(deps.db, subscriptionId);
  const stored = customer === null ? null : await readSubscription(deps.db, customer, subscriptionId);
  if (customer === null || stored === null || stored.planVersionId === null) {
    return refuse('unknown_subscription', 'No subscription to one of the plans has this id.', { param: 'id' });
  }
  const open = await openSubscriptionOrder(deps.db, customer, subscriptionId);
  if (open?.kind === kind && open.request['quantity'] === quantity) return carryOutOrder(deps, open);
  const because = open === null ? await whyNot(deps, stored, asked) : ANOTHER;
  if (because !== null) return refuse('subscription_not_changeable', because, { param: 'id' });
  await transaction(deps.db, async (trx) => {
    const at = kind === 'pause' ? await blockCustomer(deps, trx, customer) : await clock(trx);
    const subscriptionOrderId = deps.newId();
    const request = quantity === undefined ? {} : { quantity };
    const order = { subscriptionOrderId, kind, subscriptionId, request, reason, actor, at };
    await insertSubscriptionOrder(trx, customer, order);
  });
  const kept = await openSubscriptionOrder(deps.db, customer, subscriptionId);
  if (kept === null) throw new Error(`the order for ${subscriptionId} was not kept`);
  return carryOutOrder(deps, kept);
}

const ANOTHER = 'Another change of the subscription is on its way; wait until it is done.';

async function whyNot(
  deps: Deps,
  stored: StoredSubscription,
  { kind, quantity }: OrderSubscription,
): Promise<string | null> {
  const { subscriptionId } = stored;
  const cancellation = await readCancellation(deps.db, stored, subscriptionId);
  if (cancellation?.state === 'flushing' || cancellation?.state === 'sent') return ANOTHER;
  if ((await openPlanChange(deps.db, stored, subscriptionId)) !== null) return ANOTHER;
  return whyNotOrdered(kind, stored, quantity);
}
