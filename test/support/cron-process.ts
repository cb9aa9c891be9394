// A replica of its own for the election tests: runs one job every second and prints a line when it did.
// `tick URL`: does nothing more. `slow URL`: takes a minute over each run, so that it can be killed inside one.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { startCron } from '../../src/jobs/cron.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { testDeps } from './deps.ts';

const [mode, connectionString = ''] = process.argv.slice(2);
const db = openDatabase({ connectionString, poolSize: 3 });
const work = async (): Promise<object> => {
  writeSync(1, 'run\n');
  if (mode === 'slow') await sleep(60_000);
  return { by: process.pid };
};
startCron(
  testDeps(db),
  [{ name: mode ?? 'tick', cron: '* * * * * *', catchUpHours: 0, work: async () => ({ ...(await work()) }) }],
  {
    owner: String(process.pid),
    leaseMs: 2_000,
    adoptEveryMs: 500,
  },
);
writeSync(1, 'ready\n');
