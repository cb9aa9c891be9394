import { toWireId } from '../contract/ids.ts';
import { usageBatch, usageEvent, type UsageEvent } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import { trackUsage, type TrackedUsage } from '../operations/track-usage.ts';
import type { HttpContext } from './context.ts';
import { parse } from './parse.ts';
import { type Problem, toErrorBody } from './problems.ts';
import { type ApiRequest, ok, type Reply, type Route } from './route.ts';

const BATCH_BYTES_MAX = 1_000_000;
const BATCH_NODES_MAX = 60_000;

export const trackRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/track',
    scopes: ['ingest'],
    bodyBytesMax: BATCH_BYTES_MAX,
    bodyNodesMax: BATCH_NODES_MAX,
    reply: async (context, request) =>
      typeof request.body === 'object' && request.body !== null && 'events' in request.body
        ? trackMany(context, request)
        : trackOne(context, request),
  },
];

async function trackOne(context: HttpContext, request: ApiRequest): Promise<Reply> {
  const asked = parse(usageEvent, request.body);
  if ('rejected' in asked) return asked;
  const [tracked] = await trackUsage(context, { events: [toOperation(asked.value)] });
  if (tracked === undefined) throw new Error('one event went in and no answer came out');
  if ('rejected' in tracked) return tracked;
  return ok(shown(asked.value.id, tracked));
}

/** Each event is read, decided and answered on its own, in the order given. */
async function trackMany(context: HttpContext, request: ApiRequest): Promise<Reply> {
  const envelope = parse(usageBatch, request.body);
  if ('rejected' in envelope) return envelope;
  const read = envelope.value.events.map((event) => parse(usageEvent, event));
  const events = read.flatMap((event) => ('value' in event ? [event.value] : []));
  const tracked = await trackUsage(context, { events: events.map(toOperation) });
  let taken = 0;
  const results = read.map((event, index) => {
    if ('rejected' in event) {
      return refused(context, request, idOf(envelope.value.events[index]), atEvent(event.rejected, index));
    }
    const answer = tracked[taken];
    taken += 1;
    if (answer === undefined) throw new Error('an event came out without an answer');
    if ('rejected' in answer) return refused(context, request, event.value.id, atEvent(answer.rejected, index));
    return shown(event.value.id, answer);
  });
  const count = (status: string): number => results.filter((result) => result.status === status).length;
  return ok({
    object: 'track_results',
    applied: count('applied'),
    duplicates: count('duplicate'),
    unfunded: count('unfunded'),
    rejected: count('rejected'),
    results,
  });
}

function toOperation(event: UsageEvent) {
  return {
    eventId: event.id,
    customer: event.customer,
    action: event.action,
    quantities: event.quantities,
    dimensions: event.dimensions,
    occurredAt: event.occurred_at ?? null,
    member: event.member ?? null,
    source: event.source ?? 'api',
  };
}

function shown(id: string, usage: TrackedUsage) {
  return {
    id,
    usage_event: toWireId('usage', usage.usageEventId),
    status: usage.status,
    credits: formatCredits(usage.credits),
    balance: formatCredits(usage.available),
  };
}

function refused(context: HttpContext, request: ApiRequest, id: string | null, problem: Problem) {
  return { id, status: 'rejected', ...toErrorBody(problem, request.requestId, context.docsUrl) };
}

/** Names the event beside the field: `events.3.action`. */
function atEvent(problem: Problem, index: number): Problem {
  return {
    ...problem,
    param: ['events', String(index), ...(problem.param === undefined ? [] : [problem.param])].join('.'),
  };
}

function idOf(event: unknown): string | null {
  return typeof event === 'object' && event !== null && 'id' in event && typeof event.id === 'string'
    ? event.id.slice(0, 255)
    : null;
}
