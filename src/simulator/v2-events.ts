import type { ThinEvent } from './collections.ts';
import { noSuch } from './errors.ts';
import { array, ignored, integer, word } from './parameters.ts';
import { route } from './routes.ts';

/** What a thin delivery says: that something happened, not what. */
export function notificationOf(event: ThinEvent): object {
  const { id, type, created, related_object: related, snapshot_event: snapshot } = event;
  return {
    id,
    object: 'v2.core.event',
    type,
    created,
    livemode: false,
    ...(related === null ? {} : { related_object: related }),
    ...(snapshot === null ? {} : { snapshot_event: snapshot }),
  };
}

/** What is fetched: the same, and what it is about. */
export function wholeEvent(event: ThinEvent): object {
  return { ...notificationOf(event), ...(event.data === null ? {} : { data: event.data }) };
}

/** A page in the v2 shape; the cursor is the number of items already given. */
export function v2Page(
  items: readonly object[],
  url: string,
  paging: { limit?: number | undefined; page?: string | undefined },
): object {
  const start = Number(paging.page ?? '0');
  const limit = paging.limit ?? 20;
  const link = (at: number): string => `${url}?limit=${limit}&page=${at}`;
  return {
    data: items.slice(start, start + limit),
    next_page_url: start + limit < items.length ? link(start + limit) : null,
    previous_page_url: start === 0 ? null : link(Math.max(0, start - limit)),
  };
}

export const v2Paging = { limit: integer(1, 100), page: word() };

export const v2EventRoutes = [
  route(
    'GET',
    '/v2/core/events',
    { ...v2Paging, created: ignored(), object_id: word(), types: array(word()) },
    ({ world, values, path }) => {
      const found = world.store
        .all('thin_events')
        .filter(
          ({ type, related_object: related }) =>
            (values.types === undefined || values.types.includes(type)) &&
            (values.object_id === undefined || related?.id === values.object_id),
        );
      return v2Page(found.toReversed().map(wholeEvent), path, values);
    },
  ),
  route('GET', '/v2/core/events/{id}', {}, ({ world, id }) => {
    const event = world.store.find('thin_events', id);
    if (event === undefined) throw noSuch('event', id);
    return wholeEvent(event);
  }),
];
