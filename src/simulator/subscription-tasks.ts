import { clockOf, emit, schedule, unschedule, type World } from './world.ts';

const DAY = 86_400;

const TRIAL_NOTICE_DAYS = 3;

/** Plans the notice three days before a trial ends; it comes at once where less is left, or nothing. */
export function planTrialNotice(world: World, id: string): void {
  const subscription = world.store.find('subscriptions', id);
  const end = subscription?.trial_end ?? null;
  if (subscription === undefined || end === null) return;
  const clock = clockOf(world, subscription.customer);
  const notice = end - TRIAL_NOTICE_DAYS * DAY;
  if (subscription.status === 'trialing' && notice > world.now(clock)) {
    schedule(world, 'trial_will_end', id, clock, notice);
    return;
  }
  unschedule(world, 'trial_will_end', id);
  emit(world, 'customer.subscription.trial_will_end', subscription);
}

/** Plans the next period end (or planned end) of a subscription, and the notice before it. */
export function planCycle(world: World, id: string): void {
  const subscription = world.store.find('subscriptions', id);
  if (subscription === undefined) return;
  const ends = subscription.items.data.map(({ current_period_end: end }) => end);
  const next = Math.min(...ends, subscription.cancel_at ?? Infinity);
  const clock = clockOf(world, subscription.customer);
  unschedule(world, 'subscription_cycle', id);
  unschedule(world, 'invoice_upcoming', id);
  const over = subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
  if (over || next === Infinity) return;
  schedule(world, 'subscription_cycle', id, clock, next);
  const notice = next - world.switches.upcomingDays * DAY;
  if (world.switches.upcomingDays > 0 && notice > world.now(clock))
    schedule(world, 'invoice_upcoming', id, clock, notice);
}
