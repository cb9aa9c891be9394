import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { meterUsage } from './meter-usage.ts';
import { page } from './pagination.ts';
import { array, integer, object, oneOf, paging, required, word } from './parameters.ts';
import { fromScaled } from './rounding.ts';
import { route } from './routes.ts';
import type { Alert, Meter } from './wire.ts';
import { emit, need, type World } from './world.ts';

function setStatus(world: World, id: string, status: 'active' | 'inactive' | 'archived'): Alert {
  const before = need(world, 'alerts', id, 'alert');
  if (before.status === 'archived') throw invalidRequest('An archived alert cannot be changed.');
  return world.store.patch('alerts', id, { status });
}

/** Speaks up once per alert and customer, when usage reaches the threshold; never under a test clock. */
export function raiseAlerts(world: World, meter: Meter, customer: string): void {
  if (world.store.count('alerts') === 0) return;
  if (typeof world.store.find('customers', customer)?.test_clock === 'string') return;
  for (const alert of world.store.all('alerts')) {
    const threshold = alert.usage_threshold;
    if (alert.status !== 'active' || threshold?.meter !== meter.id) continue;
    const only = threshold.filters?.[0]?.customer;
    const fired = `${alert.id}|${customer}`;
    if ((only !== undefined && only !== customer) || world.store.find('alert_firings', fired) !== undefined) continue;
    const value = Number(fromScaled(meterUsage(world, meter, customer, 0, Infinity).total));
    if (value < threshold.gte) continue;
    world.store.put('alert_firings', { id: fired });
    const triggered = {
      object: 'billing.alert_triggered',
      alert,
      created: world.now(),
      customer,
      livemode: false,
      value,
    };
    emit(world, 'billing.alert.triggered', triggered);
  }
}

export const alertRoutes = [
  route(
    'POST',
    '/v1/billing/alerts',
    {
      alert_type: required(oneOf('usage_threshold')),
      title: required(word(256)),
      usage_threshold: required(
        object({
          gte: required(integer(1)),
          meter: required(word()),
          recurrence: required(oneOf('one_time')),
          filters: array(object({ type: required(oneOf('customer')), customer: word() }), 1),
        }),
      ),
    },
    ({ world, values }) => {
      const { gte, meter, recurrence, filters } = values.usage_threshold;
      need(world, 'meters', meter, 'meter', 'usage_threshold[meter]');
      return world.store.put('alerts', {
        id: freshId('alrt'),
        object: 'billing.alert',
        alert_type: values.alert_type,
        livemode: false,
        status: 'active',
        title: values.title,
        usage_threshold: {
          filters: (filters ?? []).map(({ customer, type }) => ({ customer: customer ?? null, type })),
          gte,
          meter,
          recurrence,
        },
      });
    },
  ),
  route('GET', '/v1/billing/alerts', { ...paging, alert_type: word(), meter: word() }, ({ world, values, path }) => {
    const found = world.store
      .all('alerts')
      .filter(({ usage_threshold: threshold }) => values.meter === undefined || threshold?.meter === values.meter);
    return page(found.toReversed(), values, path);
  }),
  route('GET', '/v1/billing/alerts/{id}', {}, ({ world, id }) => need(world, 'alerts', id, 'alert')),
  route('POST', '/v1/billing/alerts/{id}/activate', {}, ({ world, id }) => setStatus(world, id, 'active')),
  route('POST', '/v1/billing/alerts/{id}/deactivate', {}, ({ world, id }) => setStatus(world, id, 'inactive')),
  route('POST', '/v1/billing/alerts/{id}/archive', {}, ({ world, id }) => setStatus(world, id, 'archived')),
];
