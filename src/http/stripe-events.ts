import { parkedQuery } from '../contract/lists.ts';
import { listParkedStripeEvents } from '../operations/list-parked-stripe-events.ts';
import { replayStripeEvent } from '../operations/replay-stripe-event.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const stripeEventRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/stripe_events',
    scopes: ['admin'],
    reply: async ({ deps }, request) => {
      const asked = parse(parkedQuery, request.query);
      if ('rejected' in asked) return asked;
      const { events, hasMore } = await listParkedStripeEvents(deps, asked.value.limit, asked.value.starting_after);
      return ok({
        object: 'list',
        url: '/v1/stripe_events',
        has_more: hasMore,
        data: events.map((event) => ({
          id: event.eventId,
          object: 'stripe_event',
          type: event.type,
          about: event.objectId,
          state: 'parked',
          attempts: event.attempts,
          outcome: event.outcome,
          what: event.what,
          why: event.why,
          next: event.next,
          parked_at: event.parkedAt,
          created_at: event.createdAt,
          received_at: event.receivedAt,
        })),
      });
    },
  },
  {
    method: 'post',
    path: '/v1/stripe_events/:id/replay',
    scopes: ['admin'],
    reply: async ({ deps, wake }, { params }) => {
      const id = params['id'] ?? '';
      const replayed = /^\w{1,255}$/.test(id) && (await replayStripeEvent(deps, id));
      if (!replayed) {
        return { rejected: { code: 'not_found', message: `no parked Stripe event has the id ${id}`, param: 'id' } };
      }
      wake('inbox');
      return ok({ id, object: 'stripe_event', state: 'received' });
    },
  },
];
