import type { Destination, ThinEvent } from './collections.ts';
import { deliver } from './deliver.ts';
import { freshId } from './ids.ts';
import { array, changedMetadata, ignored, metadata, object, oneOf, required, text, word } from './parameters.ts';
import { route } from './routes.ts';
import { v2Page, v2Paging, wholeEvent } from './v2-events.ts';
import { API_VERSION } from './wire.ts';
import { need, type World } from './world.ts';

function shown(destination: Destination, withSecret: boolean): object {
  const { secret, url, ...rest } = destination;
  return {
    ...rest,
    object: 'v2.core.event_destination',
    events_from: ['self'],
    livemode: false,
    ...(destination.event_payload === 'snapshot' ? { snapshot_api_version: API_VERSION } : {}),
    type: 'webhook_endpoint',
    webhook_endpoint: { url, ...(withSecret ? { signing_secret: secret } : {}) },
  };
}

function destinationWithId(world: World, id: string): Destination {
  return need(world, 'event_destinations', id, 'event destination');
}

function setStatus(world: World, id: string, status: Destination['status']): object {
  destinationWithId(world, id);
  return shown(world.store.patch('event_destinations', id, { status, updated: new Date().toISOString() }), false);
}

const create = route(
  'POST',
  '/v2/core/event_destinations',
  {
    name: required(word()),
    type: required(oneOf('webhook_endpoint')),
    event_payload: required(oneOf('snapshot', 'thin')),
    enabled_events: required(array(word())),
    webhook_endpoint: required(object({ url: required(word()) })),
    description: text(),
    events_from: ignored(),
    include: array(word()),
    metadata: metadata(),
    snapshot_api_version: ignored(),
  },
  ({ world, values }) => {
    const now = new Date().toISOString();
    const destination: Destination = {
      id: freshId('ed_test', 32),
      created: now,
      description: values.description ?? '',
      enabled_events: values.enabled_events,
      event_payload: values.event_payload,
      metadata: changedMetadata({}, values.metadata),
      name: values.name,
      secret: freshId('whsec', 32),
      status: 'enabled',
      updated: now,
      url: values.webhook_endpoint.url,
    };
    world.store.put('event_destinations', destination);
    return shown(destination, values.include?.includes('webhook_endpoint.signing_secret') ?? false);
  },
);

/** A test event for one destination, whatever it listens to. */
function ping(world: World, id: string): object {
  destinationWithId(world, id);
  const event: ThinEvent = {
    id: freshId('evt_test', 32),
    type: 'v2.core.event_destination.ping',
    created: new Date().toISOString(),
    related_object: { id, type: 'v2.core.event_destination', url: `/v2/core/event_destinations/${id}` },
    data: null,
    snapshot_event: null,
  };
  world.store.put('thin_events', event);
  deliver(world, event.id, id);
  return wholeEvent(event);
}

export const eventDestinationRoutes = [
  create,
  route('GET', '/v2/core/event_destinations', { ...v2Paging, include: ignored() }, ({ world, values, path }) =>
    v2Page(
      world.store
        .all('event_destinations')
        .toReversed()
        .map((destination) => shown(destination, false)),
      path,
      values,
    ),
  ),
  route('GET', '/v2/core/event_destinations/{id}', { include: ignored() }, ({ world, id }) =>
    shown(destinationWithId(world, id), false),
  ),
  route(
    'POST',
    '/v2/core/event_destinations/{id}',
    {
      name: word(),
      description: text(),
      enabled_events: array(word()),
      include: ignored(),
      metadata: metadata(),
      webhook_endpoint: object({ url: required(word()) }),
    },
    ({ world, id, values }) => {
      const before = destinationWithId(world, id);
      const after = world.store.patch('event_destinations', id, {
        name: values.name ?? before.name,
        description: values.description ?? before.description,
        enabled_events: values.enabled_events ?? before.enabled_events,
        metadata: changedMetadata(before.metadata, values.metadata),
        url: values.webhook_endpoint?.url ?? before.url,
        updated: new Date().toISOString(),
      });
      return shown(after, false);
    },
  ),
  route('POST', '/v2/core/event_destinations/{id}/disable', {}, ({ world, id }) => setStatus(world, id, 'disabled')),
  route('POST', '/v2/core/event_destinations/{id}/enable', {}, ({ world, id }) => setStatus(world, id, 'enabled')),
  route('POST', '/v2/core/event_destinations/{id}/ping', {}, ({ world, id }) => ping(world, id)),
  route('DELETE', '/v2/core/event_destinations/{id}', {}, ({ world, id }) => {
    destinationWithId(world, id);
    for (const { id: delivery } of world.store.by('deliveries', 'queue', id)) {
      world.store.patch('deliveries', delivery, { state: 'given_up', queue: null });
    }
    world.store.remove('event_destinations', id);
    return { id, object: 'v2.core.event_destination' };
  }),
];
