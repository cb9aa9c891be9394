import { bad, type CheckupLine, good } from '../domain/checkup.ts';
import { type Difference, kindOf } from '../domain/reconciliation.ts';
import { compareSubscriptions } from '../domain/reconciliation/catalogue.ts';
import { creditMeterIds, oddlySubscribed, subscribedItems } from '../storage/reconciliation/catalogue.ts';
import { subscribedTwice } from '../storage/reconciliation/subscriptions.ts';
import type { Deps } from './deps.ts';

/** Whose subscriptions would bill our meter otherwise than by one item at the price of a plan. */
export async function examineSubscriptions({ db }: Deps): Promise<readonly CheckupLine[]> {
  const twice = await subscribedTwice(db, null);
  const lines = twice.map(({ subscriptionIds, metered }) =>
    bad(
      'subscriptions',
      metered > 1
        ? `${subscriptionIds.join(' and ')} of one customer count on one meter: Stripe bills its usage on each`
        : `${subscriptionIds.join(' and ')} are of one customer: the last one is followed, the other brings no credits`,
      'cancel all but one, and credit what they have billed',
    ),
  );
  const told = new Set(twice.map(({ customerId }) => customerId));
  const meterIds = await creditMeterIds(db);
  for (const customer of await oddlySubscribed(db)) {
    const { differences } = compareSubscriptions(await subscribedItems(db, customer), meterIds);
    const others = differences.filter(({ kind }) => !told.has(customer.customerId) || !TOLD_ABOVE.includes(kind));
    lines.push(...others.map((difference) => lineOf(customer.stripeCustomerId, difference)));
  }
  return lines.length > 0
    ? lines
    : [good('subscriptions', 'one item of each customer counts on a meter, at the price of its plan')];
}

const TOLD_ABOVE: readonly Difference['kind'][] = ['subscription_metered_twice', 'subscription_not_followed'];

function lineOf(stripeCustomerId: string, difference: Difference): CheckupLine {
  const { cause, repair } = kindOf(difference);
  const { object, theirs } = difference;
  return bad('subscriptions', `${object} of ${stripeCustomerId} (${theirs}): ${cause}`, repair);
}
