// Cancelling so that nothing is lost: the pool is blocked, usage is flushed and counted, what grants and lots differ by is
// put right, and only then Stripe ends the subscription, with an invoice. Each step can be repeated.
import { catchUp } from '../domain/catch-up.ts';
import { creditPrice } from '../domain/credit-price.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { meteredSpan } from '../domain/meter.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { decideCycle } from '../domain/settlement.ts';
import { releaseAllHolds } from '../domain/subscription-end.ts';
import {
  blockPools,
  type Cancellation,
  customerOfSubscription,
  insertCancellation,
  moveCancellation,
  openCancellations,
  periodToEnd,
  readCancellation,
  type RunningPeriod,
} from '../storage/cancellations.ts';
import { now as clock } from '../storage/clock.ts';
import { openGrants } from '../storage/credit-grants.ts';
import { transaction } from '../storage/database.ts';
import { periodNeeds } from '../storage/grant-needs.ts';
import { sentMeterUnits } from '../storage/meter-sums.ts';
import { enqueue, outboxMessage, unfinishedMessages } from '../storage/outbox.ts';
import { saveBookChanges } from '../storage/pool-book-changes.ts';
import { loadPoolBooks, termsOf } from '../storage/pool-books.ts';
import { readSubscription } from '../storage/subscriptions.ts';
import { stripeFailure } from '../stripe/failures.ts';
import { meteredTotal } from '../stripe/meter-events.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditMovements } from './mirror-credit-movements.ts';
import { mirrorSubscription } from './mirror-subscription.ts';
import { relayOutbox } from './relay-outbox.ts';
import { rollUpUsage } from './roll-up-usage.ts';

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
    const whole = [customer.customerId];
    const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, {
      allMembersOf: whole,
      allHoldsOf: whole,
    });
    const book = books.get(customer.customerId);
    if (book !== undefined) {
      const moment = { now, newId: deps.newId };
      catchUp(book, moment);
      releaseAllHolds(book, moment);
      await saveBookChanges(trx, now, [book]);
    }
    await blockPools(trx, customer);
    await insertCancellation(trx, customer, { subscriptionId, reason, actor, at: now });
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
    const waitsFor = await whatItWaitsFor(deps, cancellation, period, at);
    if (waitsFor !== null) {
      await moveCancellation(deps.db, cancellation, { state: 'flushing', waitsFor });
      return 'flushing';
    }
  }
  return send(deps, cancellation);
}

/** All usage at Stripe and counted, and what lots and grants differ by on its way to the last invoice. */
async function whatItWaitsFor(deps: Deps, key: Cancellation, period: RunningPeriod, at: Date): Promise<string | null> {
  if (period.draftOpen) return 'the invoice of the last cycle is not final';
  const { lane, customerId } = key;
  const only = { lane, customerId };
  await rollUpUsage(deps, { limit: 1, flush: true, only: { ...only, billingPeriodId: period.billingPeriodId } });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { ...only, queue: 'grants' } });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { ...only, queue: 'meter' } });
  for (const queue of ['meter', 'grants'] as const) {
    const [message] = await unfinishedMessages(deps.db, key, { queue });
    if (message !== undefined) return `a ${queue} message is ${message.state}: ${message.outcome ?? 'not sent yet'}`;
  }
  const { to, from } = meteredSpan({ startsAt: period.startsAt, endsAt: at });
  // Stripe bills up to the second of the end, and sums up whole minutes: usage of this minute has to be over.
  if (period.lastAt !== null && period.lastAt >= to) return 'usage of this minute';
  const fresh = (await periodToEnd(deps.db, key, at)) ?? period;
  const sent = await sentMeterUnits(deps.db, key, period.billingPeriodId);
  if (sent === null) return 'the meter is not at Stripe';
  const counted = from < to ? await meteredTotal(deps.stripe, { ...sent, from, to }) : 0n;
  if (counted === null) return 'Stripe counts parts of a meter unit: someone else reports to the meter';
  return differenceOf(deps, key, fresh, counted, at);
}

/** The last invoice is made and finalized at once, so what it must add is a pending item of the subscription. */
async function differenceOf(
  deps: Deps,
  key: Cancellation,
  period: RunningPeriod,
  countedUnits: bigint,
  at: Date,
): Promise<string | null> {
  const terms = await termsOf(deps.db, period.planVersionId);
  await mirrorCreditMovements(deps, key, period.stripeCustomerId);
  const needs = (await periodNeeds(deps.db, key, period.poolId)).find(
    ({ billingPeriodId }) => billingPeriodId === period.billingPeriodId,
  );
  const grants = (await openGrants(deps.db, key)).filter(
    ({ stripeGrantId, effectiveAt }) => stripeGrantId !== null && effectiveAt <= at,
  );
  const decision = decideCycle({
    price: creditPrice(terms.currency, terms.pricePerCredit),
    meterUnitMicro: terms.meterUnitMicro,
    countedUnits,
    emittedUnits: period.emittedUnits,
    paidMicro: needs?.paidMicro ?? 0n,
    discountsMinor: 0n,
    eligibleMinor: grants.reduce((sum, { leftMinor }) => sum + leftMinor, 0n),
  });
  if (decision.action === 'hold') return decision.reason;
  if (decision.action === 'finalize') return null;
  const itemKey = `cancel/${key.subscriptionId}/correction`;
  const known = await outboxMessage(deps.db, key, itemKey);
  if (known === null) {
    await transaction(deps.db, (trx) =>
      enqueue(trx, key, {
        queue: 'documents',
        call: 'invoice_item.create',
        subjectId: key.subscriptionId,
        request: {
          customer: period.stripeCustomerId,
          subscription: key.subscriptionId,
          amount: Number(decision.differenceMinor),
          currency: terms.currency,
          discountable: false,
          description: 'Correction of credits applied',
          metadata: { creditpool: 'correction' },
        },
        key: itemKey,
        billingPeriodId: period.billingPeriodId,
      }),
    );
  }
  const { lane, customerId } = key;
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
  const item = await outboxMessage(deps.db, key, itemKey);
  return item?.state === 'done' ? null : `the correction is ${item?.state ?? 'not sent yet'}`;
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
