import { may } from '../../domain/operator.ts';
import { refuse } from '../../domain/rejection.ts';
import { retryParked } from '../../operations/console/retry-parked.ts';
import { listParkedMessages } from '../../operations/list-parked-messages.ts';
import { listParkedStripeEvents } from '../../operations/list-parked-stripe-events.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
// Parked messages: what stopped after its last attempt, why, what to do, and the button that tries again.
import { EVENT_ID, OUTBOX_ID } from '../ids.ts';
import { customerPath } from '../ids.ts';
import { a, code, div, type Markup, p, small } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, heading, notice, panel, postForm, rows, submit } from '../parts.ts';
import { sentence } from '../words.ts';

export const messagePages: readonly PageRoute[] = [
  { method: 'get', path: '/messages', permission: 'case.read', answer: showParked },
  { method: 'post', path: '/messages/:id/retry', permission: 'message.retry', answer: retry },
];

const SHOWN = 100;

type Message = Awaited<ReturnType<typeof listParkedMessages>>['messages'][number];
type Event = Awaited<ReturnType<typeof listParkedStripeEvents>>['events'][number];

async function showParked({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const outgoing = await listParkedMessages(deps, SHOWN);
  const incoming = await listParkedStripeEvents(deps, SHOWN);
  const isEmpty = outgoing.messages.length === 0 && incoming.events.length === 0;
  return {
    title: 'Messages',
    at: '/messages',
    body: [
      heading('Messages'),
      p(
        { class: 'lead' },
        'Messages to and from Stripe that stopped after their last attempt. Everything else goes by itself.',
      ),
      request.query.get('tried') === '1'
        ? notice(p(null, 'It is tried again. If it stops once more, it comes back here.'))
        : null,
      isEmpty ? empty('Nothing is parked: every message to and from Stripe went through.') : null,
      outgoing.messages.length === 0
        ? null
        : panel('To Stripe', rows('Messages to Stripe that are parked', outgoingColumns(request), outgoing.messages)),
      incoming.events.length === 0
        ? null
        : panel('From Stripe', rows('Events from Stripe that are parked', incomingColumns(request), incoming.events)),
      outgoing.hasMore || incoming.hasMore ? p(null, `The oldest ${SHOWN} of each are shown.`) : null,
    ],
  };
}

function outgoingColumns(request: PageRequest): readonly Column<Message>[] {
  return [
    { name: 'What', show: ({ what, outboxId }) => div(null, what, small(null, code(null, `message ${outboxId}`))) },
    { name: 'Customer', show: ({ customerId }) => a({ href: request.base + customerPath(customerId) }, 'Open') },
    { name: 'Since', show: ({ parkedAt }) => instant(parkedAt) },
    { name: 'Why, and what to do', show: ({ why, next }) => advice(why, next) },
    { name: 'Again', show: ({ outboxId }) => retryButton(request, outboxId.toString()) },
  ];
}

function incomingColumns(request: PageRequest): readonly Column<Event>[] {
  return [
    { name: 'What', show: ({ what, eventId }) => div(null, what, small(null, code(null, eventId))) },
    { name: 'Since', show: ({ parkedAt }) => instant(parkedAt) },
    { name: 'Why, and what to do', show: ({ why, next }) => advice(why, next) },
    { name: 'Again', show: ({ eventId }) => retryButton(request, eventId) },
  ];
}

function advice(why: string, next: string): Markup {
  return div(null, sentence(why), small(null, sentence(next)));
}

function retryButton(request: PageRequest, id: string): Markup {
  if (!may(request.session.operator.roles, 'message.retry')) return null;
  return postForm(request, `/messages/${id}/retry`, submit('Try again', 'quiet'));
}

async function retry({ deps, wake }: ConsoleContext, { params, acting }: PageRequest): Promise<PageAnswer> {
  const id = params['id'] ?? '';
  if (!OUTBOX_ID.test(id) && !EVENT_ID.test(id)) return refuse('invalid_request', 'no message has this id');
  const tried = await retryParked(deps, acting, OUTBOX_ID.test(id) ? { outboxId: BigInt(id) } : { eventId: id });
  if (tried !== null) return tried;
  wake('outbox');
  wake('inbox');
  return { to: '/messages?tried=1' };
}
