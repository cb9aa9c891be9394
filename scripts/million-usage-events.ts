// npm run -s million [COUNT]: so many usage events of 1 000 customers in a month of hourly windows, tracked as the API
// tracks them, then rolled up; fails when they became more meter events than customers × windows.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { subscribeCustomers } from '../bench/customers.ts';
import { assembleDeps } from '../src/billing.ts';
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts';
import { startExecutor } from '../src/operations/executor.ts';
import { reportRollUp } from '../src/operations/report-roll-up.ts';
import { rollUpUsage } from '../src/operations/roll-up-usage.ts';
import { trackUsage } from '../src/operations/track-usage.ts';
import { openDatabase } from '../src/storage/database.ts';
import { stampOnce } from '../src/storage/deployment.ts';
import { migrate } from '../src/storage/migrate.ts';
import { connectStripe } from '../src/stripe/gateway.ts';

const COUNT = Number(process.argv[2] ?? 1_000_000);
const CUSTOMERS = 1_000;
const BATCH = 1_000;
/** All but the running day of a month of 30 days. */
const DAYS = 29;
const HOUR_MS = 3_600_000;

const directory = await mkdtemp(join(tmpdir(), 'creditpool-million-'));
const postgres = await startEmbeddedPostgres({ directory });
const { connectionString } = postgres.connection;
await migrate({ connectionString });
const db = openDatabase({ connectionString, poolSize: 8, statementTimeoutMs: 120_000 });
const silent = (): void => undefined;
const deps = assembleDeps({
  db,
  stripe: connectStripe({ secretKey: 'sk_test_nobody', host: '127.0.0.1', port: 9, protocol: 'http' }),
  log: { info: silent, warn: silent, error: console.error },
});
await stampOnce(db, { account: 'acct_million', livemode: false, sandbox: true });
const customers = await subscribeCustomers(db, CUSTOMERS, DAYS);
const executor = startExecutor(deps);
const from = Math.floor(Date.now() / (24 * HOUR_MS) - DAYS) * 24 * HOUR_MS;
const spanMs = Math.floor((Date.now() - from) / HOUR_MS) * HOUR_MS;
const started = performance.now();
for (let sent = 0; sent < COUNT; sent += BATCH) {
  const events = Array.from({ length: Math.min(BATCH, COUNT - sent) }, (_, offset) => {
    const n = sent + offset;
    return {
      eventId: `e${n}`,
      customer: customers[n % CUSTOMERS] ?? '',
      action: 'api.call',
      member: null,
      source: 'million',
      quantities: { calls: 1n },
      occurredAt: new Date(from + Math.floor((n * 7_919) % (spanMs / 1000)) * 1000),
    };
  });
  const answers = await trackUsage({ deps, executor }, { events });
  const refused = answers.find((answer) => 'rejected' in answer);
  if (refused !== undefined) throw new Error(JSON.stringify(refused));
  if (sent % 100_000 === 0) console.error(`${sent} events, ${Math.round((performance.now() - started) / 1000)} s`);
}
while ((await rollUpUsage(deps, { limit: 200, flush: true })).hasMore) console.error('rolling up …');
const report = await reportRollUp(deps, { from: new Date(from), to: new Date(from + spanMs + 24 * HOUR_MS) });
console.log(JSON.stringify({ ...report, seconds: Math.round((performance.now() - started) / 1000) }, null, 2));
if (report.usageEvents !== COUNT || report.meterEvents > report.customerWindows || report.meterEvents > report.most) {
  console.error('more meter events than customers × windows, or usage is missing');
  process.exitCode = 1;
}
await executor.close();
await db.destroy();
await postgres.stop();
await rm(directory, { recursive: true, force: true });
