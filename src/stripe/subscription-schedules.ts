// A change that Stripe makes with the renewal: the present phase as it is, then one with other prices.
import type { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';
import { idOf, idOrNull } from './reading.ts';
import type { PlanItems } from './subscriptions.ts';

/**
 * Plans other prices for the next period and lets the subscription go on with them; nothing is prorated. A schedule that
 * is there already gets the new phase instead of its later ones. Answers the schedule's id.
 */
export async function schedulePrices(stripe: StripeGateway, to: PlanItems, idempotencyKey: string): Promise<string> {
  const subscription = await stripe.subscriptions.retrieve(to.subscription);
  const known = idOrNull(subscription.schedule);
  const schedule =
    known === null
      ? await stripe.subscriptionSchedules.create(
          { from_subscription: to.subscription },
          { idempotencyKey: `${idempotencyKey}/create` },
        )
      : await stripe.subscriptionSchedules.retrieve(known);
  const present = schedule.phases.find(({ start_date: start }) => start === schedule.current_phase?.start_date);
  if (present === undefined) throw new Error(`schedule ${schedule.id} has no present phase`);
  const params: Stripe.SubscriptionScheduleUpdateParams = {
    end_behavior: 'release',
    proration_behavior: 'none',
    phases: [
      {
        start_date: present.start_date,
        end_date: present.end_date,
        items: present.items.map(({ price, quantity }) => ({
          price: idOf(price),
          ...(quantity !== undefined && { quantity }),
        })),
      },
      { items: [...itemsOf(to)], duration: { interval: 'month', interval_count: 1 }, proration_behavior: 'none' },
    ],
  };
  const updated = await stripe.subscriptionSchedules.update(schedule.id, params, { idempotencyKey });
  return updated.id;
}

/** The schedule that brings these prices; null when none does. */
export async function findScheduledPrices(stripe: StripeGateway, to: PlanItems): Promise<string | null> {
  const subscription = await stripe.subscriptions.retrieve(to.subscription);
  const known = idOrNull(subscription.schedule);
  if (known === null) return null;
  const { id, phases } = await stripe.subscriptionSchedules.retrieve(known);
  const wanted = itemsOf(to).map(({ price }) => price);
  const brings = phases.some(({ items }) => wanted.every((price) => items.some((item) => idOf(item.price) === price)));
  return brings ? id : null;
}

function itemsOf({
  basePriceId,
  meteredPriceId,
  quantity,
}: PlanItems): readonly { price: string; quantity?: number }[] {
  return [
    ...(basePriceId === null ? [] : [{ price: basePriceId, quantity }]),
    ...(meteredPriceId === null ? [] : [{ price: meteredPriceId }]),
  ];
}
