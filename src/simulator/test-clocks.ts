import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { integer, paging, required, text, timestamp, word } from './parameters.ts';
import { route } from './routes.ts';
import type { TestClock } from './wire.ts';
import { emit, need, type World } from './world.ts';

const DAY = 86_400;
const THREE_YEARS_OF_DAYS = 1096;

function clockWithId(world: World, id: string): TestClock {
  return need(world, 'test_clocks', id, 'testclock');
}

/** Deletes a clock with all that lives on it. */
function removeClock(world: World, clock: TestClock): void {
  for (const customer of world.store.by('customers', 'test_clock', clock.id)) {
    for (const kind of ['subscriptions', 'invoices', 'credit_grants', 'invoice_items'] as const) {
      for (const { id } of world.store.by(kind, 'customer', customer.id)) world.store.remove(kind, id);
    }
    world.store.remove('customers', customer.id);
    world.store.put('deleted', { id: customer.id, object: 'customer', deleted: true });
  }
  for (const task of world.store.by('tasks', 'clock', clock.id)) world.store.remove('tasks', task.id);
  world.store.remove('test_clocks', clock.id);
}

export const testClockRoutes = [
  route(
    'POST',
    '/v1/test_helpers/test_clocks',
    { frozen_time: required(timestamp()), name: text(300), customer: word() },
    ({ world, values }) => {
      const clock: TestClock = {
        id: freshId('clock'),
        object: 'test_helpers.test_clock',
        created: world.now(),
        deletes_after: world.now() + 30 * DAY,
        frozen_time: values.frozen_time,
        livemode: false,
        name: values.name ?? null,
        status: 'ready',
        status_details: {},
      };
      world.store.put('test_clocks', clock);
      if (values.customer !== undefined) {
        need(world, 'customers', values.customer, 'customer', 'customer');
        world.store.patch('customers', values.customer, { test_clock: clock.id });
      }
      emit(world, 'test_helpers.test_clock.created', clock);
      return clock;
    },
  ),
  route('GET', '/v1/test_helpers/test_clocks', paging, ({ world, values, path }) =>
    page(world.store.all('test_clocks').toReversed(), values, path),
  ),
  route('GET', '/v1/test_helpers/test_clocks/{id}', {}, ({ world, id }) => clockWithId(world, id)),
  route('DELETE', '/v1/test_helpers/test_clocks/{id}', {}, ({ world, id }) => {
    const clock = clockWithId(world, id);
    removeClock(world, clock);
    emit(world, 'test_helpers.test_clock.deleted', clock);
    return { id, object: clock.object, deleted: true };
  }),
  route(
    'POST',
    '/v1/test_helpers/test_clocks/{id}/advance',
    { frozen_time: required(integer(0)) },
    ({ world, id, values }) => {
      const clock = clockWithId(world, id);
      if (clock.status === 'advancing') {
        throw invalidRequest('Test clock advancement underway - cannot perform modifications', {
          code: 'test_clock_advancing',
        });
      }
      if (values.frozen_time <= clock.frozen_time) {
        throw invalidRequest('Cannot advance a test clock backwards or to its present time.', { param: 'frozen_time' });
      }
      const furthest = clock.frozen_time + reach(world, id);
      if (values.frozen_time > furthest) {
        const message =
          'Test clocks may only be advanced by two intervals of the shortest subscription from the current frozen time.';
        throw invalidRequest(message, { param: 'frozen_time' });
      }
      const advancing = world.store.patch('test_clocks', id, {
        status: 'advancing',
        status_details: { advancing: { target_frozen_time: values.frozen_time } },
      });
      emit(world, 'test_helpers.test_clock.advancing', advancing);
      return advancing;
    },
  ),
];

const DAYS_OF: Readonly<Record<string, number>> = { day: 1, week: 7, month: 31, year: 366 };

/** Seconds a clock may be moved at once. */
function reach(world: World, clock: string): number {
  const days = world.store
    .by('customers', 'test_clock', clock)
    .flatMap((customer) => world.store.by('subscriptions', 'customer', customer.id))
    .filter(({ status }) => status !== 'canceled')
    .flatMap(({ items }) => items.data)
    .map(
      ({ price: { recurring } }) =>
        (DAYS_OF[recurring?.interval ?? ''] ?? THREE_YEARS_OF_DAYS) * (recurring?.interval_count ?? 1),
    );
  return DAY * (days.length === 0 ? 2 * 366 : 2 * Math.min(...days));
}
