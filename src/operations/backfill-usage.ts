import { type BackfillLine, type BackfillTally, countAnswer, newTally } from '../domain/backfill.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { Refused } from '../domain/rejection.ts';
import type { UsageCause } from '../domain/usage.ts';
import { resolveCustomers } from '../storage/customers.ts';
import { type PeriodSpan, periodSpans } from '../storage/period-spans.ts';
import { eventHash } from '../storage/usage-events.ts';
import { decidePoolRequest } from './decide-pool-request.ts';
import type { Deps } from './deps.ts';
import { readEarlier } from './executor.ts';
import type { UsageRequest } from './pool-request.ts';
import { rehearse, type Rehearsal } from './rehearse-usage.ts';
import { type RealTime, type TrackedEvent, trackUsage, unknownCustomer } from './track-usage.ts';

export type BackfillEvent = TrackedEvent & { readonly occurredAt: Date };

export interface Backfill {
  readonly events: readonly BackfillEvent[];
  readonly cause: UsageCause;
  /** Told after each batch how many events are decided. */
  readonly onProgress?: (done: number) => void;
}

export interface BackfillReport {
  readonly lines: readonly (BackfillLine & Pick<PeriodSpan, 'startsAt' | 'endsAt'>)[];
  readonly duplicates: number;
  readonly refused: BackfillTally['refused'];
}

const BATCH = 1_000;

/** What a backfill would burn, decided on a private copy of the pools: nothing is changed. */
export async function previewBackfill(deps: Deps, asked: Backfill): Promise<BackfillReport> {
  const customers = await resolveCustomers(deps.db, [...new Set(asked.events.map(({ customer }) => customer))]);
  return rehearse(deps, [...customers.values()], async (rehearsal) => {
    const tally = newTally();
    for (const batch of batches(asked.events)) {
      await rehearseBatch(rehearsal, customers, batch, asked.cause, tally);
      asked.onProgress?.(batch.from + batch.events.length);
    }
    return report(
      tally,
      [...rehearsal.books.values()].flatMap(({ periods }) => periods),
    );
  });
}

/**
 * Records usage of the past, a batch of a thousand a time. However old, it is taken: what Stripe's meters no longer take
 * when it happened is posted now and marked with the month it belongs to. Stopped half-way, the same call goes on: what
 * is recorded already is a duplicate.
 */
export async function backfillUsage(realTime: RealTime, asked: Backfill): Promise<BackfillReport> {
  const tally = newTally();
  for (const { from, events } of batches(asked.events)) {
    const answers = await trackUsage(realTime, { events: events.map((event) => ({ ...event, cause: asked.cause })) });
    for (const [index, event] of events.entries()) {
      const answer = answers[index];
      if (answer === undefined) throw new Error(`event ${from + index} was not answered`);
      countAnswer(tally, from + index, event, answer);
    }
    asked.onProgress?.(from + events.length);
  }
  const { db } = realTime.deps;
  const customers = await resolveCustomers(db, [...new Set([...tally.lines.values()].map(({ customer }) => customer))]);
  return report(tally, await periodSpans(db, [...customers.values()]));
}

async function rehearseBatch(
  { trx, moment, books, ratesFor }: Rehearsal,
  customers: ReadonlyMap<string, CustomerKey>,
  { from, events }: Batch,
  cause: UsageCause,
  tally: BackfillTally,
): Promise<void> {
  const requests = events.map((event): UsageRequest | Refused => {
    const customer = customers.get(event.customer);
    if (customer === undefined) return unknownCustomer();
    return { dimensions: {}, ...event, kind: 'usage', customer, eventHash: eventHash(event.eventId), cause };
  });
  const earlier = await readEarlier(
    trx,
    requests.filter((request): request is UsageRequest => 'kind' in request),
  );
  for (const [index, event] of events.entries()) {
    const request = requests[index];
    if (request === undefined) throw new Error(`event ${from + index} was not read`);
    if ('rejected' in request) {
      countAnswer(tally, from + index, event, request);
      continue;
    }
    const book = books.get(request.customer.customerId);
    const answer = decidePoolRequest(book, request, book === undefined ? [] : ratesFor(book), earlier, moment);
    if (answer.kind === 'usage') countAnswer(tally, from + index, event, answer.usage);
    else if (answer.kind === 'refused') countAnswer(tally, from + index, event, { rejected: answer.rejected });
    else throw new Error(`usage was answered by ${answer.kind}`);
  }
}

interface Batch {
  readonly from: number;
  readonly events: readonly BackfillEvent[];
}

function* batches(events: readonly BackfillEvent[]): Iterable<Batch> {
  for (let from = 0; from < events.length; from += BATCH) yield { from, events: events.slice(from, from + BATCH) };
}

function report({ lines, duplicates, refused }: BackfillTally, spans: readonly PeriodSpan[]): BackfillReport {
  const byId = new Map(spans.map((span) => [span.billingPeriodId, span]));
  const shown = [...lines.values()].map((line) => {
    const span = byId.get(line.billingPeriodId);
    if (span === undefined) throw new Error(`period ${line.billingPeriodId} paid and is not known`);
    return { ...line, startsAt: span.startsAt, endsAt: span.endsAt };
  });
  const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return {
    lines: shown.toSorted(
      (a, b) => a.startsAt.getTime() - b.startsAt.getTime() || order(a.customer, b.customer) || order(a.month, b.month),
    ),
    duplicates,
    refused,
  };
}
