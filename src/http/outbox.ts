import { toWireId } from '../contract/ids.ts';
import { outboxQuery } from '../contract/lists.ts';
import { listParkedMessages } from '../operations/list-parked-messages.ts';
import { retryMessage } from '../operations/retry-message.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const outboxRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/outbox',
    scopes: ['admin'],
    reply: async ({ deps }, request) => {
      const asked = parse(outboxQuery, request.query);
      if ('rejected' in asked) return asked;
      const { messages, hasMore } = await listParkedMessages(deps, asked.value.limit, asked.value.starting_after);
      return ok({
        object: 'list',
        url: '/v1/outbox',
        has_more: hasMore,
        data: messages.map((message) => ({
          id: String(message.outboxId),
          object: 'outbox_message',
          customer: toWireId('customer', message.customerId),
          queue: message.queue,
          call: message.call,
          state: 'parked',
          attempts: message.attempts,
          outcome: message.outcome,
          what: message.what,
          why: message.why,
          next: message.next,
          waiting: message.waiting,
          parked_at: message.parkedAt,
          created_at: message.createdAt,
          first_sent_at: message.firstSentAt,
        })),
      });
    },
  },
  {
    method: 'post',
    path: '/v1/outbox/:id/retry',
    scopes: ['admin'],
    reply: async ({ deps, wake }, { params }) => {
      const retried = await retryMessage(deps, params['id'] ?? '');
      if (!retried) {
        return {
          rejected: { code: 'not_found', message: `no parked message has the id ${params['id']}`, param: 'id' },
        };
      }
      wake('outbox');
      return ok({ id: params['id'], object: 'outbox_message', state: 'unknown' });
    },
  },
];
