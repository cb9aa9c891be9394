// What was asked for a subscription, step by step until Stripe has done it and the mirror knows. Each can be repeated.
import { SPENDABLE_STATUSES } from '../domain/subscription.ts';
import { periodToEnd } from '../storage/cancellations.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { enqueue, outboxMessage } from '../storage/outbox.ts';
import {
  moveSubscriptionOrder,
  openSubscriptionOrders,
  readSubscriptionOrder,
  type SubscriptionOrder,
} from '../storage/subscription-orders.ts';
import { blockOrUnblockPools } from '../storage/subscriptions.ts';
import { stripeFailure } from '../stripe/failures.ts';
import type { Deps } from './deps.ts';
import { mirrorSubscription } from './mirror-subscription.ts';
import { relayOutbox } from './relay-outbox.ts';
import { settleRunningPeriod } from './settle-running-period.ts';

const RELAYED_MAX = 1_000;

/** Takes an order as far as it goes now, and answers how far that is. */
export async function carryOutOrder(deps: Deps, order: SubscriptionOrder): Promise<SubscriptionOrder> {
  try {
    await advance(deps, order);
  } catch (error) {
    // Stripe being out of reach is no end: it is tried again with the next round.
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    const { state } = await readSubscriptionOrder(deps.db, order, order.subscriptionOrderId);
    await moveSubscriptionOrder(deps.db, order, { state, waitsFor: failure.reason });
  }
  return readSubscriptionOrder(deps.db, order, order.subscriptionOrderId);
}

/** Takes every open order a step further; returns how many came to their end. */
export async function finishSubscriptionOrders(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  let ended = 0;
  for (const order of await openSubscriptionOrders(deps.db, limit)) {
    const { state } = await carryOutOrder(deps, order);
    if (state === 'done' || state === 'refused') ended += 1;
  }
  return ended;
}

async function advance(deps: Deps, order: SubscriptionOrder): Promise<void> {
  const waitsFor = order.state === 'flushing' ? await whatItWaitsFor(deps, order) : null;
  if (waitsFor !== null) {
    await moveSubscriptionOrder(deps.db, order, { state: 'flushing', waitsFor });
    return;
  }
  await send(deps, order);
}

/** A pause bills what was used until then at once, so all of it must be counted. */
async function whatItWaitsFor(deps: Deps, order: SubscriptionOrder): Promise<string | null> {
  const { kind, subscriptionId } = order;
  if (kind !== 'pause' || subscriptionId === null) return null;
  const at = await clock(deps.db);
  const subject = { ...order, subscriptionId };
  const period = await periodToEnd(deps.db, subject, at);
  return period === null ? null : settleRunningPeriod(deps, subject, { period, at, key: keyOf(order) });
}

function keyOf({ subscriptionOrderId }: SubscriptionOrder): string {
  return `order/${subscriptionOrderId}`;
}

async function send(deps: Deps, order: SubscriptionOrder): Promise<void> {
  const { lane, customerId, kind, subscriptionId, subscriptionOrderId, request } = order;
  const key = keyOf(order);
  if ((await outboxMessage(deps.db, order, key)) === null) {
    await transaction(deps.db, async (trx) => {
      const subjectId = subscriptionId ?? subscriptionOrderId;
      await enqueue(trx, order, { queue: 'documents', call: `subscription.${kind}`, subjectId, request, key });
      await moveSubscriptionOrder(trx, order, { state: 'sent' });
    });
  }
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
  const message = await outboxMessage(deps.db, order, key);
  if (message?.state === 'refused' || message?.state === 'cancelled') {
    await giveUp(deps, order, message.outcome);
  } else if (message?.state === 'done') {
    const made = subscriptionId ?? message.stripeId;
    if (made === null) throw new Error(`the order ${subscriptionOrderId} was carried out on no subscription`);
    await mirrorSubscription(deps, made);
    await moveSubscriptionOrder(deps.db, order, {
      state: 'done',
      subscriptionId: made,
      endedAt: await clock(deps.db),
    });
  }
}

/** What was blocked for it may be spent again. */
async function giveUp(deps: Deps, order: SubscriptionOrder, waitsFor: string | null): Promise<void> {
  await transaction(deps.db, async (trx) => {
    await moveSubscriptionOrder(trx, order, { state: 'refused', waitsFor, endedAt: await clock(trx) });
    if (order.kind === 'pause') await blockOrUnblockPools(trx, order, SPENDABLE_STATUSES);
  });
}
