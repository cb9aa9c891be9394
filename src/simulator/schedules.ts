import { invalidRequest } from './errors.ts';
import { newSchedule, phasesFrom, newPhaseShape, phaseShape, presentPhase } from './new-schedule.ts';
import { newSubscription } from './new-subscription.ts';
import { page } from './pagination.ts';
import {
  array,
  boolean,
  changedMetadata,
  metadata,
  oneOf,
  paging,
  range,
  timestamp,
  unsupported,
  word,
  type Kind,
} from './parameters.ts';
import { route } from './routes.ts';
import { changesForPhase, enterNextPhase, phaseStartingAt, planExpiryNotice } from './schedule-phases.ts';
import { cancelSubscription, NO_CANCELLATION } from './subscription-cancellation.ts';
import { NO_ITEM_FACTS } from './subscription-items.ts';
import { NO_SUBSCRIPTION_FACTS } from './subscription-parameters.ts';
import { updateSubscription } from './subscription-update.ts';
import type { SubscriptionSchedule } from './wire.ts';
import { change, emit, need, nowOf, schedule as plan, unschedule, type World } from './world.ts';

const nowOrInstant: Kind<number | 'now'> = {
  required: false,
  parse: (value, name) => (value === 'now' ? 'now' : timestamp().parse(value, name)),
};

function scheduleWithId(world: World, id: string): SubscriptionSchedule {
  return need(world, 'schedules', id, 'subscription schedule');
}

/** A schedule begins: its subscription is made with the items of the first phase. */
function begin(world: World, schedule: SubscriptionSchedule): SubscriptionSchedule {
  const [first] = schedule.phases;
  if (first === undefined) throw invalidRequest('A schedule needs at least one phase.', { param: 'phases' });
  const items = first.items.map(({ price, quantity }) => ({ ...NO_ITEM_FACTS, price, quantity }));
  const subscription = newSubscription(world, { ...NO_SUBSCRIPTION_FACTS, customer: schedule.customer, items });
  const cancels = schedule.end_behavior === 'cancel' ? { cancel_at: schedule.phases.at(-1)?.end_date ?? null } : {};
  world.store.patch('subscriptions', subscription.id, { schedule: schedule.id, ...cancels });
  const phase = { start_date: first.start_date, end_date: first.end_date };
  plan(world, 'schedule_phase', schedule.id, schedule.test_clock, first.end_date);
  return world.store.patch('schedules', schedule.id, {
    status: 'active',
    subscription: subscription.id,
    current_phase: phase,
  });
}

const shared = {
  default_settings: unsupported(),
  end_behavior: oneOf('release', 'cancel'),
  metadata: metadata(),
  pause_schedules: unsupported(),
  phases: array(phaseShape, 10),
};

const create = route(
  'POST',
  '/v1/subscription_schedules',
  {
    ...shared,
    phases: array(newPhaseShape, 10),
    billing_mode: unsupported(),
    customer: word(),
    customer_account: word(),
    from_subscription: word(),
    start_date: nowOrInstant,
  },
  ({ world, values }) => {
    const adopted =
      values.from_subscription === undefined
        ? undefined
        : need(world, 'subscriptions', values.from_subscription, 'subscription', 'from_subscription');
    if (adopted !== undefined && values.phases !== undefined) {
      throw invalidRequest('You cannot set phases together with from_subscription.', { param: 'phases' });
    }
    const customer = need(world, 'customers', values.customer ?? adopted?.customer ?? '', 'customer', 'customer');
    const now = nowOf(world, customer.id);
    const start = typeof values.start_date === 'number' ? values.start_date : now;
    const schedule = newSchedule({
      customer: customer.id,
      clock: customer.test_clock ?? null,
      created: now,
      endBehavior: values.end_behavior ?? 'release',
      metadata: changedMetadata({}, values.metadata),
      phases: adopted === undefined ? phasesFrom(world, values.phases ?? [], start) : [presentPhase(adopted)],
      subscription: adopted?.id ?? null,
    });
    world.store.put('schedules', schedule);
    if (adopted !== undefined) {
      world.store.patch('subscriptions', adopted.id, { schedule: schedule.id });
      plan(world, 'schedule_phase', schedule.id, schedule.test_clock, schedule.phases[0]?.end_date ?? now);
    } else if (start > now) plan(world, 'schedule_start', schedule.id, schedule.test_clock, start);
    else begin(world, schedule);
    const made = scheduleWithId(world, schedule.id);
    planExpiryNotice(world, made);
    emit(world, 'subscription_schedule.created', made);
    return made;
  },
);

/** Ends a schedule's hold on its subscription. */
function release(world: World, id: string): SubscriptionSchedule {
  const { customer, subscription } = scheduleWithId(world, id);
  unschedule(world, 'schedule_phase', id);
  unschedule(world, 'schedule_start', id);
  if (subscription !== null) world.store.patch('subscriptions', subscription, { schedule: null });
  const released = {
    status: 'released',
    released_at: nowOf(world, customer),
    released_subscription: subscription,
    current_phase: null,
  } as const;
  return change(world, 'schedules', id, { ...released, subscription: null }, 'subscription_schedule.released');
}

export const scheduleRoutes = [
  create,
  route(
    'GET',
    '/v1/subscription_schedules',
    { ...paging, created: range(), customer: word() },
    ({ world, values, path }) => {
      const found = world.store
        .all('schedules')
        .filter(
          ({ customer, created }) =>
            (values.customer === undefined || customer === values.customer) && (values.created?.(created) ?? true),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/subscription_schedules/{id}', {}, ({ world, id }) => scheduleWithId(world, id)),
  route(
    'POST',
    '/v1/subscription_schedules/{id}',
    { ...shared, proration_behavior: oneOf('create_prorations', 'always_invoice', 'none') },
    ({ world, id, values }) => {
      const before = scheduleWithId(world, id);
      if (before.status !== 'active' && before.status !== 'not_started')
        throw invalidRequest(`A ${before.status} schedule cannot be changed.`);
      const start = values.phases?.[0]?.start_date ?? before.phases[0]?.start_date ?? before.created;
      const phases = values.phases === undefined ? before.phases : phasesFrom(world, values.phases, start);
      const present = phases.find((phase) => phase.start_date === before.current_phase?.start_date);
      if (before.current_phase !== null && present === undefined) {
        throw invalidRequest('The current phase must be included when updating phases.', { param: 'phases' });
      }
      if (present !== undefined) plan(world, 'schedule_phase', id, before.test_clock, present.end_date);
      const changes = {
        current_phase: present === undefined ? null : { start_date: present.start_date, end_date: present.end_date },
        end_behavior: values.end_behavior ?? before.end_behavior,
        metadata: changedMetadata(before.metadata, values.metadata),
        phases,
      };
      const changed = change(world, 'schedules', id, changes, 'subscription_schedule.updated');
      planExpiryNotice(world, changed);
      return changed;
    },
  ),
  route(
    'POST',
    '/v1/subscription_schedules/{id}/cancel',
    { invoice_now: boolean(), prorate: boolean() },
    ({ world, id, values }) => {
      const { customer, subscription } = scheduleWithId(world, id);
      unschedule(world, 'schedule_phase', id);
      unschedule(world, 'schedule_start', id);
      if (subscription !== null) cancelSubscription(world, subscription, { ...NO_CANCELLATION, ...values });
      const canceled = { status: 'canceled', canceled_at: nowOf(world, customer), current_phase: null } as const;
      return change(world, 'schedules', id, canceled, 'subscription_schedule.canceled');
    },
  ),
  route('POST', '/v1/subscription_schedules/{id}/release', { preserve_cancel_date: boolean() }, ({ world, id }) =>
    release(world, id),
  ),
];

export const scheduleTasks = {
  schedule_start: (world: World, id: string) => {
    const schedule = world.store.find('schedules', id);
    if (schedule?.status === 'not_started') emit(world, 'subscription_schedule.updated', begin(world, schedule));
  },
  schedule_expiring: (world: World, id: string) => {
    const schedule = world.store.find('schedules', id);
    const runs = schedule?.status === 'active' || schedule?.status === 'not_started';
    if (runs) emit(world, 'subscription_schedule.expiring', schedule);
  },
  schedule_phase: (world: World, id: string, at: number) => {
    const schedule = world.store.find('schedules', id);
    const subscription = world.store.find('subscriptions', schedule?.subscription ?? '');
    if (schedule === undefined || subscription === undefined) return;
    const cycleToo = world.store.find('tasks', `subscription_cycle:${subscription.id}`)?.due === at;
    if (cycleToo) {
      // The cycle of the same instant takes the new items along: one invoice instead of prorations.
      plan(world, 'schedule_phase', id, schedule.test_clock, at);
      return;
    }
    const next = phaseStartingAt(world, subscription, at);
    if (next !== undefined) {
      const behaviors = ['create_prorations', 'always_invoice', 'none'] as const;
      const behavior = behaviors.find((known) => known === next.proration_behavior);
      updateSubscription(world, subscription.id, {
        items: changesForPhase(subscription, next),
        proration_behavior: behavior,
      });
    }
    enterNextPhase(world, id, at);
  },
};
