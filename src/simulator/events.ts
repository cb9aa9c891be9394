import { noSuch } from './errors.ts';
import { page } from './pagination.ts';
import { array, boolean, paging, range, word } from './parameters.ts';
import { route } from './routes.ts';
import type { SnapshotEvent } from './wire.ts';
import type { World } from './world.ts';

const KEPT_SECONDS = 30 * 86_400;

/** An event as it reads now: how many endpoints have not acknowledged it yet. */
export function presentEvent(world: World, event: SnapshotEvent): SnapshotEvent {
  const deliveries = world.store.by('deliveries', 'event', event.id);
  return { ...event, pending_webhooks: deliveries.filter(({ state }) => state !== 'acknowledged').length };
}

function isOfType(type: string, asked: string): boolean {
  return asked.endsWith('*') ? type.startsWith(asked.slice(0, -1)) : type === asked;
}

function isKept(world: World, event: SnapshotEvent): boolean {
  return event.created > world.now() - KEPT_SECONDS || world.switches.eventStamps === 'test_clock';
}

export const eventRoutes = [
  route(
    'GET',
    '/v1/events',
    { ...paging, created: range(), delivery_success: boolean(), type: word(), types: array(word(), 20) },
    ({ world, values, path }) => {
      const asked = values.types ?? (values.type === undefined ? undefined : [values.type]);
      const found = world.store
        .all('events')
        .filter(
          (event) =>
            isKept(world, event) &&
            (values.created?.(event.created) ?? true) &&
            (asked === undefined || asked.some((type) => isOfType(event.type, type))) &&
            (values.delivery_success === undefined ||
              (presentEvent(world, event).pending_webhooks === 0) === values.delivery_success),
        );
      const newestFirst = found.toReversed().map((event) => presentEvent(world, event));
      return page(newestFirst, values, path);
    },
  ),
  route('GET', '/v1/events/{id}', {}, ({ world, id }) => {
    const event = world.store.find('events', id);
    if (event === undefined || !isKept(world, event)) throw noSuch('event', id);
    return presentEvent(world, event);
  }),
];
