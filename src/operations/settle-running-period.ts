// Before Stripe ends a running period with an invoice made at once: all that was used is counted, and what the ledger says is
// owed is what Stripe will ask.
import { creditPrice } from '../domain/credit-price.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { meteredSpan } from '../domain/meter.ts';
import { decideCycle } from '../domain/settlement.ts';
import { periodToEnd, type RunningPeriod } from '../storage/cancellations.ts';
import { openGrants } from '../storage/credit-grants.ts';
import { transaction } from '../storage/database.ts';
import { periodNeeds } from '../storage/grant-needs.ts';
import { sentMeterUnits } from '../storage/meter-sums.ts';
import { enqueue, outboxMessage, unfinishedMessages } from '../storage/outbox.ts';
import { planVersion } from '../storage/plans.ts';
import { termsOf } from '../storage/pool-books.ts';
import { creditMeterIds, subscribedItems } from '../storage/reconciliation/catalogue.ts';
import { meteredTotal } from '../stripe/meter-events.ts';
import { taxOfRunningUsage } from '../stripe/usage-tax.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditMovements } from './mirror-credit-movements.ts';
import { relayOutbox } from './relay-outbox.ts';
import { rollUpUsage } from './roll-up-usage.ts';

const RELAYED_MAX = 1_000;

type Subject = CustomerKey & { readonly subscriptionId: string };

export interface EndingPeriod {
  readonly period: RunningPeriod;
  readonly at: Date;
  /** Of the message that will end it: the correction's own begins with it. */
  readonly key: string;
}

/**
 * Brings all usage to Stripe, waits until it is counted, and puts what lots and grants differ by on its way to the invoice
 * that Stripe will make. Answers what that still waits for; null once the period may end.
 */
export async function settleRunningPeriod(deps: Deps, subject: Subject, ending: EndingPeriod): Promise<string | null> {
  const { period, at } = ending;
  if (period.draftOpen) return 'the invoice of the last cycle is not final';
  const { lane, customerId } = subject;
  const only = { lane, customerId };
  await rollUpUsage(deps, { limit: 1, flush: true, only: { ...only, billingPeriodId: period.billingPeriodId } });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { ...only, queue: 'grants' } });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { ...only, queue: 'meter' } });
  for (const queue of ['meter', 'grants'] as const) {
    const [message] = await unfinishedMessages(deps.db, subject, { queue });
    if (message !== undefined) return `a ${queue} message is ${message.state}: ${message.outcome ?? 'not sent yet'}`;
  }
  const { to, from } = meteredSpan({ startsAt: period.startsAt, endsAt: at });
  // Stripe bills up to the second of the end, and sums up whole minutes: usage of this minute has to be over.
  if (period.lastAt !== null && period.lastAt >= to) return 'usage of this minute';
  const fresh = (await periodToEnd(deps.db, subject, at)) ?? period;
  const sent = await sentMeterUnits(deps.db, subject, period.billingPeriodId);
  if (sent === null) return 'the meter is not at Stripe';
  const counted = from < to ? await meteredTotal(deps.stripe, { ...sent, from, to }) : 0n;
  if (counted === null) return 'Stripe counts parts of a meter unit: someone else reports to the meter';
  const otherwise = await meteredOtherwise(deps, subject, period.planVersionId, counted);
  if (otherwise !== null) return otherwise;
  return differenceOf(deps, subject, { ...ending, period: fresh }, counted);
}

/** Stripe would ask at once for what no grant reaches, or for nothing: a person puts the subscription right first. */
async function meteredOtherwise(
  { db }: Deps,
  subject: Subject,
  planVersionId: string,
  countedUnits: bigint,
): Promise<string | null> {
  const { stripeMeteredPriceId: agreed } = await planVersion(db, planVersionId);
  const meterIds = await creditMeterIds(db);
  const metered = (await subscribedItems(db, subject)).filter(
    ({ subscriptionId, meterId }) => subscriptionId === subject.subscriptionId && meterIds.has(meterId ?? ''),
  );
  const foreign = metered.find(({ priceId }) => priceId !== agreed);
  if (foreign !== undefined)
    return `${foreign.itemId} bills our meter at ${foreign.priceId}: put the subscription back on ${agreed} alone`;
  const isMissing = metered.length === 0 && countedUnits > 0n;
  return isMissing ? `nothing bills what Stripe counts: put ${agreed} back on the subscription` : null;
}

/** The last invoice is made and finalized at once, so what it must add is a pending item of the subscription. */
async function differenceOf(
  deps: Deps,
  subject: Subject,
  { period, at, key }: EndingPeriod,
  countedUnits: bigint,
): Promise<string | null> {
  const terms = await termsOf(deps.db, period.planVersionId);
  await mirrorCreditMovements(deps, subject, period.stripeCustomerId);
  const needs = (await periodNeeds(deps.db, subject, period.poolId)).find(
    ({ billingPeriodId }) => billingPeriodId === period.billingPeriodId,
  );
  const grants = (await openGrants(deps.db, subject)).filter(
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
    irregular: null,
  });
  if (decision.action === 'hold') return decision.reason;
  if (decision.action === 'finalize') return null;
  const itemKey = `${key}/correction`;
  const known = await outboxMessage(deps.db, subject, itemKey);
  if (known === null) {
    const { stripeMeteredPriceId: priceId } = await planVersion(deps.db, period.planVersionId);
    const { subscriptionId } = subject;
    const tax = priceId === null ? {} : await taxOfRunningUsage(deps.stripe, { subscriptionId, priceId });
    await transaction(deps.db, (trx) =>
      enqueue(trx, subject, {
        queue: 'documents',
        call: 'invoice_item.create',
        subjectId: subscriptionId,
        request: {
          customer: period.stripeCustomerId,
          subscription: subscriptionId,
          amount: Number(decision.differenceMinor),
          currency: terms.currency,
          discountable: false,
          description: 'Correction of credits applied',
          metadata: { creditpool: 'correction' },
          ...tax,
        },
        key: itemKey,
        billingPeriodId: period.billingPeriodId,
      }),
    );
  }
  const { lane, customerId } = subject;
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
  const item = await outboxMessage(deps.db, subject, itemKey);
  return item?.state === 'done' ? null : `the correction is ${item?.state ?? 'not sent yet'}`;
}
