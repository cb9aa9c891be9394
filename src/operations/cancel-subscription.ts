// Cancelling so that nothing is lost: the pool is blocked, usage is flushed and counted, what grants and lots differ by is
// put right, and only then Stripe ends the subscription, with an invoice. Each step can be repeated.
import type { CustomerKey } from '../domain/customer.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import {
  type Cancellation,
  customerOfSubscription,
  insertCancellation,
  moveCancellation,
  openCancellations,
  periodToEnd,
  readCancellation,
} from '../storage/cancellations.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { enqueue, outboxMessage } from '../storage/outbox.ts';
import { readSubscription } from '../storage/subscriptions.ts';
import { stripeFailure } from '../stripe/failures.ts';
import { blockCustomer } from './block-customer.ts';
import type { Deps } from './deps.ts';
import { mirrorSubscription } from './mirror-subscription.ts';
import { relayOutbox } from './relay-outbox.ts';
import { settleRunningPeriod } from './settle-running-period.ts';

export type { Cancellation } from '../storage/cancellations.ts';

export interface CancelSubscription {
  readonly subscriptionId: string;
  readonly reason: string;
  readonly actor: string;
}

/** Begins a cancellation and takes it as far as it goes; a second request tells how far the first has come. */
export async function cancelSubscription(deps: Deps, asked: CancelSubscription): Promise<Cancellation | Refused> {
  const { subscriptionId } = asked;
  const customer = await customerOfSubscription(deps.db, subscriptionId);
  const stored = customer === null ? null : await readSubscription(deps.db, customer, subscriptionId);
  if (customer === null || stored === null || stored.planVersionId === null) {
    return refuse('unknown_subscription', 'No subscription to one of the plans has this id.', { param: 'id' });
  }
  const known = await readCancellation(deps.db, customer, subscriptionId);
  if (known === null) {
    if (stored.status === 'canceled') {
      return refuse('subscription_not_cancellable', 'The subscription has ended already.', { param: 'id' });
    }
    await begin(deps, customer, asked);
  }
  const cancellation = await readCancellation(deps.db, customer, subscriptionId);
  if (cancellation === null) throw new Error(`the cancellation of ${subscriptionId} was not kept`);
  await attempt(deps, cancellation);
  return (await readCancellation(deps.db, customer, subscriptionId)) ?? cancellation;
}

/** Takes every open cancellation a step further; returns how many came to their end. */
export async function finishCancellations(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  let done = 0;
  for (const cancellation of await openCancellations(deps.db, limit)) {
    if ((await attempt(deps, cancellation)) === 'done') done += 1;
  }
  return done;
}

async function begin(deps: Deps, customer: CustomerKey, { subscriptionId, reason, actor }: CancelSubscription) {
  await transaction(deps.db, async (trx) => {
    const at = await blockCustomer(deps, trx, customer);
    await insertCancellation(trx, customer, { subscriptionId, reason, actor, at });
  });
}

/** Stripe being out of reach is no end: it is tried again with the next round. */
async function attempt(deps: Deps, cancellation: Cancellation): Promise<Cancellation['state']> {
  try {
    return await advance(deps, cancellation);
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    await moveCancellation(deps.db, cancellation, { state: cancellation.state, waitsFor: failure.reason });
    return cancellation.state;
  }
}

const RELAYED_MAX = 1_000;

async function advance(deps: Deps, cancellation: Cancellation): Promise<Cancellation['state']> {
  if (cancellation.state === 'done' || cancellation.state === 'refused') return cancellation.state;
  const at = await clock(deps.db);
  const period = await periodToEnd(deps.db, cancellation, at);
  if (period !== null && cancellation.state === 'flushing') {
    const waitsFor = await settleRunningPeriod(deps, cancellation, {
      period,
      at,
      key: `cancel/${cancellation.subscriptionId}`,
    });
    if (waitsFor !== null) {
      await moveCancellation(deps.db, cancellation, { state: 'flushing', waitsFor });
      return 'flushing';
    }
  }
  return send(deps, cancellation);
}

async function send(deps: Deps, key: Cancellation): Promise<Cancellation['state']> {
  const { lane, customerId, subscriptionId } = key;
  const messageKey = `cancel/${subscriptionId}`;
  if ((await outboxMessage(deps.db, key, messageKey)) === null) {
    await transaction(deps.db, async (trx) => {
      const message = { subjectId: subscriptionId, request: {}, key: messageKey } as const;
      await enqueue(trx, key, { queue: 'documents', call: 'subscription.cancel', ...message });
      await moveCancellation(trx, key, { state: 'sent' });
    });
  }
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
  const message = await outboxMessage(deps.db, key, messageKey);
  if (message?.state === 'refused') {
    await moveCancellation(deps.db, key, { state: 'refused', waitsFor: message.outcome });
    return 'refused';
  }
  if (message?.state !== 'done') return 'sent';
  await mirrorSubscription(deps, subscriptionId);
  await moveCancellation(deps.db, key, { state: 'done', endedAt: await clock(deps.db) });
  return 'done';
}
