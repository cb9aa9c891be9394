// A process that compares all our books and tells what it and its PostgreSQL session had in memory at most.
// Run as `node compare.ts DATABASE_URL`; answers its parent with one message.
import { readFileSync } from 'node:fs';

import { openDatabase } from '../src/storage/database.ts';
import { query } from '../src/storage/query.ts';
import { lookAtEverybody } from '../src/storage/reconciliation/everybody.ts';

/** Peaks in KB; PostgreSQL's holds the shared buffers that it touched, too. */
export interface ComparePeaks {
  readonly peakRssKb: number;
  readonly postgresPeakRssKb: number;
}

const [connectionString = ''] = process.argv.slice(2);
const db = openDatabase({ connectionString, poolSize: 1, statementTimeoutMs: 0 });
const { isSound } = await lookAtEverybody(db, new Date());
if (!isSound) throw new Error('the seeded books do not prove');
const [session] = await query<{ pid: number }>(db, 'select pg_backend_pid() as pid');
const status = readFileSync(`/proc/${session?.pid}/status`, 'utf8');
process.send?.({
  peakRssKb: process.resourceUsage().maxRSS,
  postgresPeakRssKb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]),
} satisfies ComparePeaks);
await db.destroy();
process.disconnect();
