// A service process of its own that tests start several times, and kill.
// `hold URL CUSTOMER CLIENTS`: each client holds one credit after the other until it is refused; prints how many were granted.
// `track URL CUSTOMER`: tracks batches of events without end and prints each event id once it was acknowledged.
import { writeSync } from 'node:fs';

import { startExecutor } from '../../src/operations/executor.ts';
import { type RealTime, trackUsage } from '../../src/operations/track-usage.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { newId, testDeps } from './deps.ts';
import { calls, hold } from './requests.ts';

const [mode, connectionString = '', customer = '', clients = '1'] = process.argv.slice(2);
const db = openDatabase({ connectionString, poolSize: 6 });
const deps = testDeps(db);
const books: RealTime = { deps, executor: startExecutor(deps) };
writeSync(1, 'ready\n');

if (mode === 'hold') {
  const granted = await Promise.all(Array.from({ length: Number(clients) }, holdUntilRefused));
  writeSync(1, `${granted.reduce((sum, count) => sum + count, 0)}\n`);
  await db.destroy();
} else {
  await Promise.all(Array.from({ length: 4 }, trackForEver));
}

async function holdUntilRefused(): Promise<number> {
  for (let granted = 0; ; granted += 1) {
    const answer = await hold(books, { name: customer }, '1');
    if ('hold' in answer) continue;
    if (answer.rejected.code !== 'insufficient_credits') throw new Error(answer.rejected.message);
    return granted;
  }
}

async function trackForEver(): Promise<never> {
  for (;;) {
    const ids = Array.from({ length: 25 }, () => newId());
    await trackUsage(books, { events: ids.map((eventId) => calls({ name: customer }, 1, { eventId })) });
    writeSync(1, `${ids.join('\n')}\n`);
  }
}
