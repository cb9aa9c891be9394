import { type BackfillLine, type BackfillTally, countAnswer, newTally } from '../domain/backfill.ts';
import { familyOf } from '../domain/pool-book.ts';
import type { Refused } from '../domain/rejection.ts';
import type { UsageCause } from '../domain/usage.ts';
import { resolveCustomers } from '../storage/customers.ts';
import { type PeriodSpan, periodSpans } from '../storage/period-spans.ts';
import type { Deps } from './deps.ts';
import { readEarlier } from './earlier.ts';
import type { UsageRequest } from './pool-request.ts';
import { rehearse, type Rehearsal } from './rehearse-usage.ts';
import { type RealTime, type TrackedEvent, trackUsage, unknownCustomer, usageRequest } from './track-usage.ts';

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
  readonly observed: number;
  readonly refused: BackfillTally['refused'];
}

const BATCH = 1_000;

/** What a backfill would burn, decided on a private copy of the pools: nothing is changed. */
export async function previewBackfill(deps: Deps, asked: Backfill): Promise<BackfillReport> {
  const { cause, onProgress } = asked;
  const customers = await resolveCustomers(deps.db, [...new Set(asked.events.map(({ customer }) => customer))]);
  const requests = asked.events.map((event): UsageRequest | Refused => {
    const customer = customers.get(event.customer);
    return customer === undefined ? unknownCustomer() : usageRequest({ ...event, cause }, customer);
  });
  const known = requests.filter((request): request is UsageRequest => 'kind' in request);
  return rehearse(deps, known, async (rehearsal) => {
    const tally = newTally();
    for (const batch of batches(asked.events)) {
      await rehearseBatch(rehearsal, batch, requests, tally);
      onProgress?.(batch.from + batch.events.length);
    }
    const periods = [...rehearsal.books.values()].flatMap((book) => familyOf(book).flatMap(({ periods: own }) => own));
    return report(tally, periods);
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
  { trx, decide }: Rehearsal,
  { from, events }: Batch,
  requests: readonly (UsageRequest | Refused)[],
  tally: BackfillTally,
): Promise<void> {
  const batch = requests.slice(from, from + events.length);
  const earlier = await readEarlier(
    trx,
    batch.filter((request): request is UsageRequest => 'kind' in request),
  );
  for (const [index, event] of events.entries()) {
    const request = batch[index];
    if (request === undefined) throw new Error(`event ${from + index} was not read`);
    const answer = 'rejected' in request ? request : decide(request, earlier);
    if ('rejected' in answer) countAnswer(tally, from + index, event, { rejected: answer.rejected });
    else if (answer.kind === 'usage') countAnswer(tally, from + index, event, answer.usage);
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

function report({ lines, duplicates, observed, refused }: BackfillTally, spans: readonly PeriodSpan[]): BackfillReport {
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
    observed,
    refused,
  };
}
