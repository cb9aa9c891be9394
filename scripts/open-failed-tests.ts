/** Opens the databases that the last failed test run left in `.creditpool/failed-tests`, until Ctrl-C. */
import { fileURLToPath } from 'node:url';

import { startEmbeddedPostgres } from '../src/embedded/postgres.ts';

const postgres = await startEmbeddedPostgres({
  directory: fileURLToPath(new URL('../.creditpool/failed-tests', import.meta.url)),
});
console.log(`${postgres.connection.connectionString}\nlist them: select datname from pg_database; end with Ctrl-C`);
const waiting = setInterval(() => undefined, 60_000);
process.once('SIGINT', () => {
  clearInterval(waiting);
  void postgres.stop();
});
