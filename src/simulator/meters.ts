import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { meterUsage } from './meter-usage.ts';
import { page } from './pagination.ts';
import { integer, object, oneOf, paging, required, word } from './parameters.ts';
import { fromScaled } from './rounding.ts';
import { route } from './routes.ts';
import type { Meter, MeterEventSummary } from './wire.ts';
import { change, emit, need, type World } from './world.ts';

const MINUTE = 60;
const WINDOW = { hour: 3600, day: 86_400 } as const;

function meterWithId(world: World, id: string): Meter {
  return need(world, 'meters', id, 'meter');
}

function refuseTakenName(world: World, name: string): void {
  const taken = world.store
    .by('meters', 'event_name', name)
    .some(({ status }) => status === 'active' || !world.switches.deactivatedMeterFreesName);
  if (taken) throw invalidRequest(`There is already a meter with the event name \`${name}\`.`, { param: 'event_name' });
}

const key = object({ event_payload_key: required(word(100)) });

const create = route(
  'POST',
  '/v1/billing/meters',
  {
    display_name: required(word(250)),
    event_name: required(word(100)),
    default_aggregation: required(object({ formula: required(oneOf('sum', 'count', 'last')) })),
    customer_mapping: object({ type: required(oneOf('by_id')), event_payload_key: required(word(100)) }),
    value_settings: key,
    event_time_window: oneOf('hour', 'day'),
  },
  ({ world, values }) => {
    refuseTakenName(world, values.event_name);
    const meter: Meter = {
      id: `mtr_test_${freshId('x', 28).slice(2)}`,
      object: 'billing.meter',
      created: world.now(),
      customer_mapping: values.customer_mapping ?? { event_payload_key: 'stripe_customer_id', type: 'by_id' },
      default_aggregation: values.default_aggregation,
      display_name: values.display_name,
      event_name: values.event_name,
      event_time_window: values.event_time_window ?? null,
      livemode: false,
      status: 'active',
      status_transitions: { deactivated_at: null },
      updated: world.now(),
      value_settings: values.value_settings ?? { event_payload_key: 'value' },
    };
    world.store.put('meters', meter);
    emit(world, 'billing.meter.created', meter);
    return meter;
  },
);

const summaries = route(
  'GET',
  '/v1/billing/meters/{id}/event_summaries',
  {
    ...paging,
    customer: required(word()),
    start_time: required(integer(0)),
    end_time: required(integer(0)),
    value_grouping_window: oneOf('hour', 'day'),
  },
  ({ world, id, values, path }) => {
    const meter = meterWithId(world, id);
    need(world, 'customers', values.customer, 'customer', 'customer');
    const { start_time: start, end_time: end, value_grouping_window: window } = values;
    const step = window === undefined ? MINUTE : WINDOW[window];
    for (const [param, instant] of Object.entries({ start_time: start, end_time: end })) {
      if (instant % step === 0) continue;
      const unit = window ?? 'minute';
      throw invalidRequest(`The ${param} must be aligned with ${unit} boundaries.`, { param });
    }
    if (end <= start) throw invalidRequest('The end_time must be after the start_time.', { param: 'end_time' });
    const bounds = window === undefined ? [[start, end] as const] : buckets(start, end, step);
    const rows = bounds.flatMap(([from, to]): MeterEventSummary[] => {
      const last = world.switches.summaryEnd === 'inclusive' ? to + 1 : to;
      const usage = meterUsage(world, meter, values.customer, from, last);
      const hidden = window === undefined || world.switches.summaryOfNothing === 'absent';
      if (usage.events === 0 && hidden) return [];
      return [
        {
          id: `mtrusg_test_${meter.id.slice(-8)}${values.customer.slice(-8)}${from}${to}`,
          object: 'billing.meter_event_summary',
          aggregated_value: Number(fromScaled(usage.total)),
          end_time: to,
          livemode: false,
          meter: meter.id,
          start_time: from,
        },
      ];
    });
    return page(world.switches.summaryOrder === 'newest_first' ? rows.toReversed() : rows, values, path);
  },
);

function buckets(start: number, end: number, step: number): (readonly [number, number])[] {
  return Array.from(
    { length: (end - start) / step },
    (_, index) => [start + index * step, start + (index + 1) * step] as const,
  );
}

export const meterRoutes = [
  create,
  summaries,
  route('GET', '/v1/billing/meters', { ...paging, status: oneOf('active', 'inactive') }, ({ world, values, path }) => {
    const found = world.store
      .all('meters')
      .filter(({ status }) => values.status === undefined || status === values.status);
    return page(found.toReversed(), values, path);
  }),
  route('GET', '/v1/billing/meters/{id}', {}, ({ world, id }) => meterWithId(world, id)),
  route('POST', '/v1/billing/meters/{id}', { display_name: word(250) }, ({ world, id, values }) => {
    const before = meterWithId(world, id);
    const changes = { display_name: values.display_name ?? before.display_name, updated: world.now() };
    return change(world, 'meters', id, changes, 'billing.meter.updated');
  }),
  route('POST', '/v1/billing/meters/{id}/deactivate', {}, ({ world, id }) => {
    if (meterWithId(world, id).status === 'inactive') throw invalidRequest('The meter is already inactive.');
    const meter = world.store.patch('meters', id, {
      status: 'inactive',
      status_transitions: { deactivated_at: world.now() },
      updated: world.now(),
    });
    emit(world, 'billing.meter.deactivated', meter);
    return meter;
  }),
  route('POST', '/v1/billing/meters/{id}/reactivate', {}, ({ world, id }) => {
    if (meterWithId(world, id).status === 'active') throw invalidRequest('The meter is already active.');
    const transitions = { deactivated_at: null };
    const meter = world.store.patch('meters', id, {
      status: 'active',
      status_transitions: transitions,
      updated: world.now(),
    });
    emit(world, 'billing.meter.reactivated', meter);
    return meter;
  }),
];
