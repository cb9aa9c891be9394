import { alertsQuery, deliveriesQuery, testAlertBody } from '../contract/alerts.ts';
import { toWireId, wireId } from '../contract/ids.ts';
import { NIL_ID } from '../domain/account.ts';
import { shownData } from '../operations/deliver-alerts.ts';
import { listAlerts, listParkedDeliveries, retryDelivery, testAlerts } from '../operations/read-alerts.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const alertRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/alerts',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(alertsQuery, request.query);
      if ('rejected' in asked) return asked;
      const { customer = null, kind = null, limit, starting_after: after = null } = asked.value;
      const found = await listAlerts(deps, { customer, kind, limit, after });
      if ('rejected' in found) return found;
      return ok({ object: 'list', url: '/v1/alerts', has_more: found.hasMore, data: found.alerts.map(shown) });
    },
  },
  {
    method: 'post',
    path: '/v1/alerts/test',
    scopes: ['support'],
    reply: async ({ deps, wake }, request) => {
      const asked = parse(testAlertBody, request.body);
      if ('rejected' in asked) return asked;
      const raised = await testAlerts(deps, asked.value);
      if ('rejected' in raised) return raised;
      wake('alerts');
      return ok({ id: toWireId('alert', raised.alertId), object: 'alert', kind: 'test' });
    },
  },
  {
    method: 'get',
    path: '/v1/alert_deliveries',
    scopes: ['read', 'support'],
    reply: async ({ deps }, request) => {
      const asked = parse(deliveriesQuery, request.query);
      if ('rejected' in asked) return asked;
      const rows = await listParkedDeliveries(deps, asked.value.limit + 1, asked.value.starting_after);
      const data = rows.slice(0, asked.value.limit).map((delivery) => ({
        id: toWireId('delivery', delivery.deliveryId),
        object: 'alert_delivery',
        alert: toWireId('alert', delivery.alertId),
        channel: delivery.channel,
        endpoint: delivery.endpointId === null ? null : toWireId('endpoint', delivery.endpointId),
        hook: delivery.hook,
        attempts: delivery.attempts,
        response_status: delivery.responseStatus,
        response_body: delivery.responseBody,
        outcome: delivery.outcome,
        created_at: delivery.createdAt,
      }));
      return ok({ object: 'list', url: '/v1/alert_deliveries', has_more: rows.length > data.length, data });
    },
  },
  {
    method: 'post',
    path: '/v1/alert_deliveries/:id/retry',
    scopes: ['support'],
    reply: async ({ deps, wake }, request) => {
      const id = parse(wireId('delivery'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, code: 'unknown_delivery', param: 'id' } };
      const queued = await retryDelivery(deps, id.value);
      if ('rejected' in queued) return queued;
      wake('alerts');
      return ok({ id: request.params['id'], object: 'alert_delivery', state: 'pending' });
    },
  },
];

type Shown = Exclude<Awaited<ReturnType<typeof listAlerts>>, { rejected: unknown }>['alerts'][number];

function shown(alert: Shown): object {
  return {
    id: toWireId('alert', alert.alertId),
    object: 'alert',
    customer: alert.customerId === NIL_ID ? null : toWireId('customer', alert.customerId),
    kind: alert.kind,
    data: shownData(toWireId, alert.data),
    raised_at: alert.raisedAt,
    deliveries: alert.deliveries.map(({ delivery_id: id, endpoint_id: endpoint, ...delivery }) => ({
      id: toWireId('delivery', id),
      endpoint: endpoint === null ? null : toWireId('endpoint', endpoint),
      ...delivery,
    })),
  };
}
