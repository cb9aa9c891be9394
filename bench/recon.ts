// Our side of everybody compared in one snapshot, as a full reconciliation begins, against counting the uses of each customer.
import { type Database, openDatabase } from '../src/storage/database.ts';
import { query } from '../src/storage/query.ts';
import { lookAtEverybody } from '../src/storage/reconciliation/everybody.ts';
import { compareOnce } from './processes.ts';
import { endSomeLots, seedReconBooks } from './recon-books.ts';
import { median, pairedRatio, rounded } from './rounds.ts';
import type { Stage } from './stage.ts';

export interface ReconResult {
  readonly ratio: number;
  readonly compare_ms: number;
  readonly count_ms: number;
  /** The same once a lot of each customer has ended, so that every draw is held against its lot's life. */
  readonly ended_lots_ratio: number;
  readonly customers: number;
  readonly events: number;
  /** The most that a process has in memory which compares, and its PostgreSQL session with the shared buffers it touched. */
  readonly rss_mb: number;
  readonly postgres_rss_mb: number;
  /** The same with a tenth of the customers and events. */
  readonly tenth_rss_mb: number;
  readonly tenth_postgres_rss_mb: number;
}

const COUNT = `select lane, customer_id, count(*)::int as uses from usage_events where lane between 0 and 63
  group by lane, customer_id`;

export async function measureRecon({ ownerUrl, sizes, say }: Stage): Promise<ReconResult> {
  const { customers, events } = sizes.recon;
  const tenth = await peaks(
    await seedReconBooks(ownerUrl, 'recon_tenth', { customers: customers / 10, events: events / 10 }),
  );
  const connectionString = await seedReconBooks(ownerUrl, 'recon', sizes.recon);
  say(`recon: ${events} usage events of ${customers} customers are there`);
  const db = openDatabase({ connectionString, poolSize: 1, statementTimeoutMs: 0 });
  try {
    const { compared, counted } = await inTurn(db, sizes.rounds, say);
    const whole = await peaks(connectionString);
    await endSomeLots(connectionString);
    const ended = await inTurn(db, sizes.rounds, say);
    return {
      ratio: rounded(pairedRatio(compared, counted)),
      compare_ms: Math.round(median(compared)),
      count_ms: rounded(median(counted)),
      ended_lots_ratio: rounded(pairedRatio(ended.compared, ended.counted)),
      customers,
      events,
      rss_mb: whole.ours,
      postgres_rss_mb: whole.postgres,
      tenth_rss_mb: tenth.ours,
      tenth_postgres_rss_mb: tenth.postgres,
    };
  } finally {
    await db.destroy();
  }
}

async function inTurn(
  db: Database,
  rounds: number,
  say: Stage['say'],
): Promise<{ readonly compared: readonly number[]; readonly counted: readonly number[] }> {
  const compared: number[] = [];
  const counted: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const countMs = await timed(async () => query(db, COUNT));
    const compareMs = await timed(async () => {
      const { isSound } = await lookAtEverybody(db, new Date());
      if (!isSound) throw new Error('the seeded books do not prove');
    });
    say(`recon ${round < 0 ? 'warm-up' : round + 1}: ${Math.round(compareMs)} ms, count ${Math.round(countMs)} ms`);
    if (round < 0) continue;
    compared.push(compareMs);
    counted.push(countMs);
  }
  return { compared, counted };
}

async function peaks(connectionString: string): Promise<{ readonly ours: number; readonly postgres: number }> {
  const { peakRssKb, postgresPeakRssKb } = await compareOnce(connectionString);
  return { ours: Math.round(peakRssKb / 1024), postgres: Math.round(postgresPeakRssKb / 1024) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
