import { toWireId, wireId } from '../contract/ids.ts';
import { quarantineQuery } from '../contract/lists.ts';
import { quarantineDiscard, quarantineRelease, toTracked, usageEvent } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import { listQuarantinedEvents, readQuarantinedEvent } from '../operations/list-quarantined-events.ts';
import {
  discardQuarantinedEvent,
  type QuarantinedEvent,
  releaseQuarantinedEvent,
} from '../operations/release-quarantined-event.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

const UNKNOWN = {
  rejected: { code: 'unknown_quarantined_event', message: 'no event in quarantine has this id (quar_…)', param: 'id' },
} as const;

export const quarantineRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/quarantine',
    scopes: ['read', 'support'],
    reply: async ({ deps }, { query }) => {
      const asked = parse(quarantineQuery, query);
      if ('rejected' in asked) return asked;
      const { events, hasMore } = await listQuarantinedEvents(deps, {
        ...asked.value,
        after: asked.value.starting_after ?? null,
      });
      return ok({
        object: 'list',
        url: '/v1/quarantine',
        has_more: hasMore,
        data: events.map((event) => shownEvent(event)),
      });
    },
  },
  {
    method: 'get',
    path: '/v1/quarantine/:id',
    scopes: ['read', 'support'],
    reply: async ({ deps }, { params }) => {
      const id = parse(wireId('quar'), params['id']);
      if ('rejected' in id) return UNKNOWN;
      const event = await readQuarantinedEvent(deps, id.value);
      return 'rejected' in event ? event : ok(shownEvent(event));
    },
  },
  {
    method: 'post',
    path: '/v1/quarantine/:id/release',
    scopes: ['support'],
    reply: async (context, { params, body, caller }) => {
      const id = parse(wireId('quar'), params['id']);
      if ('rejected' in id) return UNKNOWN;
      const asked = parse(quarantineRelease, body);
      if ('rejected' in asked) return asked;
      const released = await releaseQuarantinedEvent(context, {
        quarantinedEventId: id.value,
        fixedBody: asked.value.event ?? null,
        actor: `key:${caller.name}`,
        read: (event) => {
          const read = parse(usageEvent, event);
          return 'value' in read ? toTracked(read.value) : read;
        },
      });
      if ('rejected' in released) return released;
      return ok({
        id: params['id'],
        object: 'quarantined_event',
        state: 'released',
        usage_event: toWireId('usage', released.usageEventId),
        status: released.status,
        credits: formatCredits(released.credits),
        balance: formatCredits(released.available),
      });
    },
  },
  {
    method: 'post',
    path: '/v1/quarantine/:id/discard',
    scopes: ['support'],
    reply: async (context, { params, body, caller }) => {
      const id = parse(wireId('quar'), params['id']);
      if ('rejected' in id) return UNKNOWN;
      const asked = parse(quarantineDiscard, body);
      if ('rejected' in asked) return asked;
      const discarded = await discardQuarantinedEvent(context, {
        quarantinedEventId: id.value,
        reason: asked.value.reason,
        actor: `key:${caller.name}`,
      });
      return 'rejected' in discarded ? discarded : ok(shownEvent(discarded));
    },
  },
];

function shownEvent(event: QuarantinedEvent) {
  return {
    id: toWireId('quar', event.quarantinedEventId),
    object: 'quarantined_event',
    state: event.state,
    source: event.source,
    event_id: event.eventId,
    body: event.body,
    fixed_body: event.fixedBody,
    fault: { code: event.code, message: event.message, param: event.param },
    attempts: event.attempts,
    received_at: event.receivedAt,
    tried_at: event.triedAt,
    settled_at: event.settledAt,
    settled_by: event.settledBy,
    reason: event.reason,
    usage_event: event.usageEventId === null ? null : toWireId('usage', event.usageEventId),
  };
}
