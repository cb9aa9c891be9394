// Usage through POST /v1/track against a bare insert of the very rows that it stored.
import { bareInsert, storedRows } from './bare-insert.ts';
import { median, pairedRatio, rounded } from './rounds.ts';
import { INGEST_CONNECTIONS } from './sizes.ts';
import type { Stage } from './stage.ts';

export interface IngestResult {
  readonly ratio: number;
  readonly events_per_s: number;
  readonly bare_rows_per_s: number;
  readonly connections: number;
}

/** Stored, deduplicated, rated, drawn and posted; over all pools in turn. */
export async function measureIngest(stage: Stage): Promise<IngestResult> {
  const { rounds } = stage.sizes;
  const events: number[] = [];
  const rows: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const before = new Date();
    const ours = await trackBatches(stage, stage.customers);
    const theirs = await bareInsert(stage, await storedRows(stage, before));
    stage.say(
      `ingest ${round < 0 ? 'warm-up' : round + 1}: ${Math.round(ours)} events/s, bare ${Math.round(theirs)} rows/s`,
    );
    if (round < 0) continue;
    events.push(ours);
    rows.push(theirs);
  }
  return {
    ratio: rounded(pairedRatio(events, rows)),
    events_per_s: Math.round(median(events)),
    bare_rows_per_s: Math.round(median(rows)),
    connections: INGEST_CONNECTIONS,
  };
}

/** Events per second of one round. */
export async function trackBatches(stage: Stage, customers: readonly string[]): Promise<number> {
  const { batches, batchEvents } = stage.sizes;
  const { requests, seconds } = await stage.load.run({
    kind: 'track',
    connections: INGEST_CONNECTIONS,
    headers: stage.headers,
    customers,
    batches,
    batchEvents,
  });
  return (requests * batchEvents) / seconds;
}
