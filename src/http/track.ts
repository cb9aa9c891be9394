import { toWireId } from '../contract/ids.ts';
import { shownTracked } from '../contract/usage-answers.ts';
import { identifiedEvent, toTracked, usageBatch, usageEvent } from '../contract/usage.ts';
import { isMendable, quarantineEvents } from '../operations/quarantine-events.ts';
import { type TrackedEvent, trackUsage, type TrackedUsage } from '../operations/track-usage.ts';
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
    isHot: true,
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
  const [tracked] = await trackUsage(context, { events: [toTracked(asked.value)] });
  if (tracked === undefined) throw new Error('one event went in and no answer came out');
  if ('rejected' in tracked) return tracked;
  return ok(shownTracked(asked.value.id, tracked));
}

/** Each event is read, decided and answered on its own, in the order given. */
async function trackMany(context: HttpContext, request: ApiRequest): Promise<Reply> {
  const envelope = parse(usageBatch, request.body);
  if ('rejected' in envelope) return envelope;
  const { events: sent, on_error } = envelope.value;
  const events: TrackedEvent[] = [];
  // What was refused at once stands at its place; the other places are filled in order.
  const refused = sent.map((event): { readonly rejected: Problem } | null => {
    const asked = parse(usageEvent, event);
    if ('rejected' in asked) return asked;
    events.push(toTracked(asked.value));
    return null;
  });
  const tracked = (await trackUsage(context, { events })).values();
  const answers = refused.map((refusal): TrackedUsage | { readonly rejected: Problem } => {
    const answer = refusal ?? tracked.next().value;
    if (answer === undefined) throw new Error('an event came out without an answer');
    return answer;
  });
  const kept = on_error === 'quarantine' ? await quarantined(context, sent, answers) : new Map<number, string>();
  const results = answers.map((answer, index) => {
    const id = idOf(sent[index]);
    if (!('rejected' in answer)) return shownTracked(id, answer);
    const error = toErrorBody(atEvent(answer.rejected, index), request.requestId, context.docsUrl);
    const place = kept.get(index);
    if (place === undefined) return { id, status: 'rejected', ...error };
    return { id, status: 'quarantined', quarantined_event: toWireId('quar', place), ...error };
  });
  const count = (status: string): number => results.filter((result) => result.status === status).length;
  return ok({
    object: 'track_results',
    applied: count('applied'),
    duplicates: count('duplicate'),
    unfunded: count('unfunded'),
    observed: count('observed') + count('shadowed'),
    rejected: count('rejected'),
    quarantined: count('quarantined'),
    results,
  });
}

/** Puts aside what can be mended; the ids by the events' places. */
async function quarantined(
  { deps }: HttpContext,
  sent: readonly unknown[],
  answers: readonly (TrackedUsage | { readonly rejected: Problem })[],
): Promise<ReadonlyMap<number, string>> {
  const bad = answers.flatMap((answer, index) => {
    const named = identifiedEvent.safeParse(sent[index]);
    if (!('rejected' in answer) || !named.success) return [];
    const { code, message, param = null } = answer.rejected;
    const { id: eventId, source } = named.data;
    const event = { code, message, param, eventId, source, body: named.data };
    return isMendable(event) ? [{ index, event: { ...event, body: sent[index] as object } }] : [];
  });
  const ids = await quarantineEvents(
    deps,
    bad.map(({ event }) => event),
  );
  return new Map(bad.flatMap(({ index }, place) => (ids[place] === undefined ? [] : [[index, ids[place]]])));
}

/** Names the event beside the field: `events.3.action`. */
export function atEvent(problem: Problem, index: number): Problem {
  return {
    ...problem,
    param: ['events', String(index), ...(problem.param === undefined ? [] : [problem.param])].join('.'),
  };
}

/** The sender's own id of an event that may be anything. */
export function idOf(event: unknown): string | null {
  return typeof event === 'object' && event !== null && 'id' in event && typeof event.id === 'string'
    ? event.id.slice(0, 255)
    : null;
}
