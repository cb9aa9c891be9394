import { boundaryAfter } from './periods.ts';
import { newItem, NO_ITEM_FACTS, priceOfItem, type ItemFacts } from './subscription-items.ts';
import type { Subscription, SubscriptionItem, SubscriptionSchedule } from './wire.ts';
import { change, nowOf, schedule as plan, unschedule, type World } from './world.ts';

export type Phase = SubscriptionSchedule['phases'][number];

/** The phase of a running schedule that begins when the present one ends, at or before `at`. */
export function phaseStartingAt(world: World, subscription: Subscription, at: number): Phase | undefined {
  const schedule = world.store.find('schedules', subscription.schedule ?? '');
  const present = schedule?.current_phase;
  if (schedule?.status !== 'active' || present === null || present === undefined || present.end_date > at)
    return undefined;
  return schedule.phases.find((phase) => phase.start_date === present.end_date);
}

/** What an update would ask for to bring a subscription into a phase: items kept by price, added or removed. */
export function changesForPhase(subscription: Subscription, phase: Phase): ItemFacts[] {
  const present = subscription.items.data;
  const gone = present.filter(({ price }) => !phase.items.some((item) => item.price === price.id));
  const wanted = phase.items.map(({ price, quantity }) => {
    const kept = present.find((item) => item.price.id === price);
    return { ...NO_ITEM_FACTS, id: kept?.id, price, quantity };
  });
  return [...gone.map(({ id }) => ({ ...NO_ITEM_FACTS, id, deleted: true })), ...wanted];
}

/** The items of a phase that begins with a period: nothing is prorated. */
export function itemsOfPhase(world: World, subscription: Subscription, phase: Phase, at: number): SubscriptionItem[] {
  return phase.items.map(({ price: id, quantity }) => {
    const price = priceOfItem(world, { ...NO_ITEM_FACTS, price: id }, 'phases');
    const recurring = price.recurring ?? { interval: 'month', interval_count: 1 };
    const end = boundaryAfter(subscription.billing_cycle_anchor, recurring, at);
    const kept = subscription.items.data.find((item) => item.price.id === id);
    if (kept === undefined)
      return newItem(world, subscription.id, price, { ...NO_ITEM_FACTS, quantity }, { created: at, start: at, end });
    const moved = kept.current_period_end > at ? {} : { current_period_start: at, current_period_end: end };
    return { ...kept, ...moved, ...(quantity === undefined ? {} : { quantity }) };
  });
}

const EXPIRY_NOTICE_SECONDS = 7 * 86_400;

/** Plans the notice seven days before the last phase of a schedule ends; none where less is left. */
export function planExpiryNotice(
  world: World,
  { id, phases, customer, test_clock: clock }: SubscriptionSchedule,
): void {
  const notice = (phases.at(-1)?.end_date ?? 0) - EXPIRY_NOTICE_SECONDS;
  if (notice > nowOf(world, customer)) plan(world, 'schedule_expiring', id, clock, notice);
  else unschedule(world, 'schedule_expiring', id);
}

/** The schedule goes on to its next phase, or is over. */
export function enterNextPhase(world: World, id: string, at: number): void {
  const schedule = world.store.find('schedules', id);
  const present = schedule?.current_phase;
  if (schedule?.status !== 'active' || present === null || present === undefined || present.end_date > at) return;
  const next = schedule.phases.find((phase) => phase.start_date === present.end_date);
  if (next !== undefined) {
    const phase = { start_date: next.start_date, end_date: next.end_date };
    change(world, 'schedules', id, { current_phase: phase }, 'subscription_schedule.updated');
    plan(world, 'schedule_phase', id, schedule.test_clock, next.end_date);
    return;
  }
  unschedule(world, 'schedule_phase', id);
  const released = schedule.end_behavior === 'release';
  const over = released
    ? ({
        status: 'released',
        released_at: at,
        released_subscription: schedule.subscription,
        current_phase: null,
      } as const)
    : ({ status: 'completed', completed_at: at, current_phase: null } as const);
  change(world, 'schedules', id, over, released ? 'subscription_schedule.released' : 'subscription_schedule.completed');
  if (released && schedule.subscription !== null)
    world.store.patch('subscriptions', schedule.subscription, { schedule: null });
}
