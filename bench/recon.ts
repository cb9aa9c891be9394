import { openDatabase } from '../src/storage/database.ts';
import { query } from '../src/storage/query.ts';
// Our side of everybody compared in one snapshot, as a full reconciliation begins, against counting the uses of each customer.
import { lookAtEverybody } from '../src/storage/reconciliation/everybody.ts';
import { seedReconBooks } from './recon-books.ts';
import { median, pairedRatio, rounded } from './rounds.ts';
import type { Stage } from './stage.ts';

export interface ReconResult {
  readonly ratio: number;
  readonly compare_ms: number;
  readonly count_ms: number;
  readonly customers: number;
  readonly events: number;
  /** The most that the process which compares had in memory after a round. */
  readonly rss_mb: number;
}

const COUNT = `select lane, customer_id, count(*)::int as uses from usage_events where lane between 0 and 63
  group by lane, customer_id`;

export async function measureRecon({ ownerUrl, sizes, say }: Stage): Promise<ReconResult> {
  const { customers, events } = sizes.recon;
  const connectionString = await seedReconBooks(ownerUrl, sizes.recon);
  say(`recon: ${events} usage events of ${customers} customers are there`);
  const db = openDatabase({ connectionString, poolSize: 1, statementTimeoutMs: 0 });
  const compared: number[] = [];
  const counted: number[] = [];
  let rss = 0;
  try {
    for (let round = -1; round < sizes.rounds; round += 1) {
      const countMs = await timed(async () => query(db, COUNT));
      const compareMs = await timed(async () => {
        const { isSound } = await lookAtEverybody(db, new Date());
        if (!isSound) throw new Error('the seeded books do not prove');
      });
      say(`recon ${round < 0 ? 'warm-up' : round + 1}: ${Math.round(compareMs)} ms, count ${Math.round(countMs)} ms`);
      rss = Math.max(rss, process.memoryUsage.rss());
      if (round < 0) continue;
      compared.push(compareMs);
      counted.push(countMs);
    }
  } finally {
    await db.destroy();
  }
  return {
    ratio: rounded(pairedRatio(compared, counted)),
    compare_ms: Math.round(median(compared)),
    count_ms: rounded(median(counted)),
    customers,
    events,
    rss_mb: Math.round(rss / 1_000_000),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
