// `URL CUSTOMER CLIENTS`: a service process whose clients hold, capture and track one credit after the other until the
// pool says no; prints how many credits were really used. Its own clock may be wrong by SKEW_MINUTES.
import { writeSync } from 'node:fs';

import { startExecutor } from '../../src/operations/executor.ts';
import type { RealTime } from '../../src/operations/track-usage.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { testDeps } from './deps.ts';
import { capture, hold, use } from './requests.ts';

const [connectionString = '', customer = '', clients = '1', skewMinutes = '0'] = process.argv.slice(2);
const trueNow = Date.now;
const skewMs = Number(skewMinutes) * 60_000;
globalThis.Date = class extends Date {
  constructor(...parts: readonly [] | readonly [string | number]) {
    super(parts[0] ?? trueNow() + skewMs);
  }
  static override now(): number {
    return trueNow() + skewMs;
  }
} as DateConstructor;

const db = openDatabase({ connectionString, poolSize: 6 });
const deps = testDeps(db);
const books: RealTime = { deps, executor: startExecutor(deps) };
const used = await Promise.all(Array.from({ length: Number(clients) }, async (_, index) => useUntilRefused(index)));
writeSync(1, `${used.reduce((sum, count) => sum + count, 0)}\n`);
await db.destroy();

async function useUntilRefused(index: number): Promise<number> {
  for (let count = 0; ; count += 1) {
    const fits = (count + index) % 2 === 0 ? await holdAndCapture() : await trackOne();
    if (!fits) return count;
  }
}

async function holdAndCapture(): Promise<boolean> {
  const placed = await hold(books, { name: customer }, '1');
  if ('rejected' in placed) return false;
  const captured = await capture(books, placed.hold.holdId, '1');
  if ('rejected' in captured) throw new Error(captured.rejected.message);
  return true;
}

async function trackOne(): Promise<boolean> {
  const answer = await use(books, { name: customer }, 1);
  if ('rejected' in answer) throw new Error(answer.rejected.message);
  return answer.status === 'applied';
}
