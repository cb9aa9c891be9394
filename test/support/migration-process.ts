// A process of its own that takes rollouts one round further, so that it can be killed on the way.
import { assembleDeps } from '../../src/billing.ts';
import { advanceMigrations } from '../../src/operations/migration/advance-migrations.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';

const [, , connectionString = '', host = '', port = '', secretKey = ''] = process.argv;
const db = openDatabase({ connectionString, poolSize: 4, lockTimeoutMs: 20_000, statementTimeoutMs: 20_000 });
const silent = (): void => undefined;
const deps = assembleDeps({
  db,
  stripe: connectStripe({ secretKey, host, port: Number(port), protocol: 'http' }),
  log: { info: silent, warn: silent, error: console.error },
});
await advanceMigrations(deps, { limit: 100 });
await db.destroy();
