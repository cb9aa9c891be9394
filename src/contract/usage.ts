import { z } from 'zod';

import { dimensions, quantities } from './amounts.ts';
import { customerName } from './ids.ts';
import { providerName, providerUse, toProviderUse } from './provider-use.ts';
import { instant, text } from './text.ts';

const TRACK_EVENTS_MAX = 1_000;
const QUOTE_LINES_MAX = 100;

export const actionName = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/, 'must be an action of the burn table such as report.generate');

/** One use that happened: `id` is the caller's own, and with `source` it counts once for ever. */
export const usageEvent = z.strictObject({
  id: text(255),
  customer: customerName,
  action: actionName,
  quantities: quantities,
  dimensions: dimensions.default({}),
  occurred_at: instant.optional(),
  member: text(200).optional(),
  agent: text(200).optional(),
  source: text(100).optional(),
  provider: providerUse.optional(),
});
export type UsageEvent = z.output<typeof usageEvent>;

/** As much of an event as quarantine needs to know it by. */
export const identifiedEvent = z.looseObject({ id: text(255), source: text(100).default('api') });

/** An event of the wire as operations take it. */
export function toTracked(event: UsageEvent) {
  return {
    eventId: event.id,
    customer: event.customer,
    action: event.action,
    quantities: event.quantities,
    dimensions: event.dimensions,
    occurredAt: event.occurred_at ?? null,
    member: event.member ?? null,
    agent: event.agent ?? null,
    source: event.source ?? 'api',
    provider: event.provider === undefined ? null : toProviderUse(event.provider),
  };
}

/** Usage that is brought in later: when it happened must be said. */
export const backfilledEvent = usageEvent.required({ occurred_at: true });

/** The envelope of many: each event is read on its own, so that a bad one never fails its neighbours. */
export const usageBatch = z.strictObject({
  events: z
    .array(z.unknown(), { error: 'must be an array of usage events' })
    .min(1, 'has at least one event')
    .max(TRACK_EVENTS_MAX, `has at most ${TRACK_EVENTS_MAX} events; send the rest in another request`),
  on_error: z.enum(['reject', 'quarantine']).default('reject'),
});

/** May this run? */
export const check = z.strictObject({
  customer: customerName,
  action: actionName,
  quantities: quantities.default({}),
  dimensions: dimensions.default({}),
  member: text(200).optional(),
  agent: text(200).optional(),
  provider: providerName.optional(),
});

/** What all of this would cost together, line after line. */
export const quote = z.strictObject({
  customer: customerName,
  member: text(200).optional(),
  agent: text(200).optional(),
  lines: z
    .array(
      z.strictObject({
        action: actionName,
        quantities: quantities.default({}),
        dimensions: dimensions.default({}),
      }),
    )
    .min(1, 'has at least one line')
    .max(QUOTE_LINES_MAX, `has at most ${QUOTE_LINES_MAX} lines`),
});

/** Usage of the past in bulk; events are read one by one. */
export const backfill = z.strictObject({
  dry_run: z.boolean(),
  reason: text(500),
  ticket: text(200),
  events: usageBatch.shape.events,
});

/** Undo usage by a new entry; nothing is deleted. */
export const usageReversal = z.strictObject({
  customer: customerName,
  reason: text(500),
  ticket: text(200),
});

/** Takes an event out of quarantine, put right or as it came. */
export const quarantineRelease = z.strictObject({ event: z.looseObject({}).optional() });

export const quarantineDiscard = z.strictObject({ reason: text(500) });

/** What the event should have said; what is left out stays as it was. */
export const usageAmendment = z
  .strictObject({
    ...usageReversal.shape,
    action: actionName.optional(),
    quantities: quantities.optional(),
    dimensions: dimensions.optional(),
    occurred_at: instant.optional(),
    member: text(200).optional(),
  })
  .refine(
    ({ action, quantities: counts, dimensions: named, occurred_at, member }) =>
      [action, counts, named, occurred_at, member].some((field) => field !== undefined),
    { message: 'say what was wrong: action, quantities, dimensions, occurred_at or member', path: ['quantities'] },
  );
