import { backfillLine } from '../contract/backfill-report.ts';
import { backfill as backfillBody, backfilledEvent, toTracked } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import { backfillUsage, previewBackfill } from '../operations/backfill-usage.ts';
import { parse } from './parse.ts';
import { type Problem, toErrorBody } from './problems.ts';
import { ok, type Route } from './route.ts';
import { atEvent, idOf } from './track.ts';

const BATCH_BYTES_MAX = 1_000_000;
const BATCH_NODES_MAX = 60_000;

export const backfillRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/backfills',
    scopes: ['support', 'finance'],
    bodyBytesMax: BATCH_BYTES_MAX,
    bodyNodesMax: BATCH_NODES_MAX,
    /** Each event is read and decided on its own; with `dry_run` nothing is changed. */
    reply: async (context, { body, caller, requestId }) => {
      const asked = parse(backfillBody, body);
      if ('rejected' in asked) return asked;
      const { dry_run, reason, ticket } = asked.value;
      const errors: { readonly index: number; readonly id: string | null; readonly problem: Problem }[] = [];
      const read = asked.value.events.flatMap((raw, index) => {
        const event = parse(backfilledEvent, raw);
        if ('value' in event)
          return [{ index, event: { ...toTracked(event.value), occurredAt: event.value.occurred_at } }];
        errors.push({ index, id: idOf(raw), problem: event.rejected });
        return [];
      });
      const events = read.map(({ event }) => event);
      const cause = { actor: `key:${caller.name}`, reason: `backfill: ${reason} (${ticket})` };
      const report = dry_run
        ? await previewBackfill(context.deps, { events, cause })
        : await backfillUsage(context, { events, cause });
      for (const { index, eventId, refusal } of report.refused) {
        errors.push({ index: read[index]?.index ?? index, id: eventId, problem: refusal.rejected });
      }
      return ok({
        object: 'backfill',
        dry_run,
        data: report.lines.map((line) => ({ object: 'backfill_line', ...backfillLine(line, formatCredits) })),
        duplicates: report.duplicates,
        observed: report.observed,
        rejected: errors.length,
        errors: errors
          .toSorted((a, b) => a.index - b.index)
          .map(({ index, id, problem }) => ({
            index,
            id,
            ...toErrorBody(atEvent(problem, index), requestId, context.docsUrl),
          })),
      });
    },
  },
];
