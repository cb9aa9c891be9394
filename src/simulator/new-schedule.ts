import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import {
  array,
  changedMetadata,
  integer,
  metadata,
  object,
  objectWithout,
  oneOf,
  required,
  timestamp,
  unsupported,
  word,
  type Values,
  readParameters,
} from './parameters.ts';
import { intervalsAfter } from './periods.ts';
import type { Phase } from './schedule-phases.ts';
import type { Subscription, SubscriptionSchedule } from './wire.ts';
import { need, type World } from './world.ts';

const interval = oneOf('day', 'week', 'month', 'year');

const item = object({ price: required(word()), quantity: integer(0), metadata: metadata(), plan: unsupported() });
const phase = {
  items: required(array(item, 20)),
  add_invoice_items: unsupported(),
  collection_method: unsupported(),
  currency: word(3),
  default_payment_method: unsupported(),
  description: unsupported(),
  discounts: unsupported(),
  duration: object({ interval: required(interval), interval_count: integer(1) }),
  end_date: timestamp(),
  metadata: metadata(),
  proration_behavior: oneOf('create_prorations', 'always_invoice', 'none'),
  start_date: timestamp(),
  trial: unsupported(),
  trial_end: unsupported(),
};
export const phaseShape = object(phase);
/** Of a new schedule only the first phase begins at a given instant: the schedule's own. */
export const newPhaseShape = objectWithout(phase, 'start_date');
type PhaseFacts = Values<typeof phase>;
const NO_PHASE_FACTS = readParameters({ ...phase, items: array(item) }, new Map());

/** One phase after the other from `start`; each has an end or a length. */
export function phasesFrom(world: World, given: readonly PhaseFacts[], start: number): Phase[] {
  let from = start;
  return given.map((facts): Phase => {
    const { duration } = facts;
    const length =
      duration === undefined
        ? undefined
        : { interval: duration.interval, interval_count: duration.interval_count ?? 1 };
    const end = facts.end_date ?? (length === undefined ? undefined : intervalsAfter(from, length, 1));
    if (end === undefined || end <= from) {
      throw invalidRequest('Each phase needs an end_date after its start, or a duration.', { param: 'phases' });
    }
    const prices = facts.items.map(({ price }) => need(world, 'prices', price, 'price', 'phases'));
    const made = newPhase(facts, prices[0]?.currency ?? 'usd', from, end);
    from = end;
    return made;
  });
}

function newPhase(facts: PhaseFacts, currency: string, start: number, end: number): Phase {
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    billing_cycle_anchor: null,
    billing_thresholds: null,
    collection_method: null,
    currency,
    default_payment_method: null,
    description: null,
    discounts: [],
    end_date: end,
    invoice_settings: null,
    items: facts.items.map(({ price, quantity, metadata: itemMetadata }) => ({
      billing_thresholds: null,
      discounts: [],
      metadata: changedMetadata({}, itemMetadata),
      plan: price,
      price,
      ...(quantity === undefined ? {} : { quantity }),
    })),
    metadata: changedMetadata({}, facts.metadata),
    on_behalf_of: null,
    proration_behavior: facts.proration_behavior ?? 'create_prorations',
    start_date: start,
    transfer_data: null,
    trial_end: null,
  };
}

/** The phase that a running subscription is in: its present items until its period ends. */
export function presentPhase(subscription: Subscription): Phase {
  const [first] = subscription.items.data;
  const items = subscription.items.data.map(({ price, quantity }) => ({
    price: price.id,
    quantity,
    metadata: undefined,
    plan: undefined,
  }));
  const facts = { ...NO_PHASE_FACTS, items };
  return newPhase(facts, subscription.currency, first?.current_period_start ?? 0, first?.current_period_end ?? 0);
}

interface ScheduleFacts {
  readonly customer: string;
  readonly clock: string | null;
  readonly created: number;
  readonly endBehavior: 'release' | 'cancel';
  readonly metadata: Record<string, string>;
  readonly phases: Phase[];
  readonly subscription: string | null;
}

/** A schedule, active when it has its subscription already. */
export function newSchedule(facts: ScheduleFacts): SubscriptionSchedule {
  const [first] = facts.phases;
  const active = facts.subscription !== null && first !== undefined;
  return {
    id: freshId('sub_sched'),
    object: 'subscription_schedule',
    application: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    canceled_at: null,
    completed_at: null,
    created: facts.created,
    current_phase: active ? { start_date: first.start_date, end_date: first.end_date } : null,
    customer: facts.customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      billing_cycle_anchor: 'automatic',
      billing_thresholds: null,
      collection_method: 'charge_automatically',
      default_payment_method: null,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        days_until_due: null,
        description: null,
        footer: null,
        issuer: { type: 'self' },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: facts.endBehavior,
    livemode: false,
    metadata: facts.metadata,
    pause_schedules: [],
    phases: facts.phases,
    released_at: null,
    released_subscription: null,
    status: active ? 'active' : 'not_started',
    subscription: facts.subscription,
    test_clock: facts.clock,
  };
}
