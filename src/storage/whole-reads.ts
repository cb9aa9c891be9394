import { type Database, transaction, type Transaction } from './database.ts';
import { execute } from './query.ts';

/**
 * Reads that go through months of everybody's books, of one snapshot that cannot be written to. The planner knows neither
 * that a customer tells the lane nor how many rows an entry has, and takes joins of a million rows for joins of one: with
 * hashes alone they cost what the tables are large, and never their product.
 */
export async function readWhole<Result>(db: Database, read: (trx: Transaction) => Promise<Result>): Promise<Result> {
  return transaction(
    db,
    async (trx) => {
      await execute(trx, `set local statement_timeout = '600s'`);
      await execute(trx, `set local enable_nestloop = off`);
      await execute(trx, `set local jit = off`);
      await execute(trx, `set local work_mem = '64MB'`);
      return read(trx);
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
