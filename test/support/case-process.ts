// A process of its own that executes one case, so that it can be killed on the way.
import { assembleDeps } from '../../src/billing.ts';
import { executeCase } from '../../src/operations/cases/execute-case.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';

const [, , connectionString = '', host = '', port = '', secretKey = '', caseId = ''] = process.argv;
const db = openDatabase({ connectionString, poolSize: 4, lockTimeoutMs: 20_000, statementTimeoutMs: 20_000 });
const silent = (): void => undefined;
const deps = assembleDeps({
  db,
  stripe: connectStripe({ secretKey, host, port: Number(port), protocol: 'http' }),
  log: { info: silent, warn: silent, error: console.error },
});
const done = await executeCase(deps, caseId);
process.stdout.write(`${'rejected' in done ? done.rejected.code : done.state}\n`);
await db.destroy();
