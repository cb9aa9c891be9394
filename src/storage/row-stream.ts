// Rows of any number in constant memory: a cursor inside the caller's transaction, so that all of it is one snapshot.
import type { Database, Transaction } from './database.ts';
import { transaction } from './database.ts';
import { execute, type Parameter, query } from './query.ts';

const ROWS_AT_ONCE = 500;

/** One snapshot for readers that may take hours and wait for whoever takes the rows. */
export async function inSnapshot<Result>(
  db: Database,
  work: (snapshot: Transaction) => Promise<Result>,
): Promise<Result> {
  return transaction(
    db,
    async (snapshot) => {
      await execute(snapshot, `set local statement_timeout = 0`);
      await execute(snapshot, `set local idle_in_transaction_session_timeout = '15min'`);
      return work(snapshot);
    },
    { isolationLevel: 'repeatable read', readOnly: true, attemptsMax: 1 },
  );
}

/** Hands the rows of a statement with one text column `line` on, so many at once, waiting for each hand-over. */
export async function streamLines(
  snapshot: Transaction,
  statement: { readonly sql: string; readonly parameters?: readonly Parameter[]; readonly atOnce?: number },
  take: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const { sql, parameters = [], atOnce = ROWS_AT_ONCE } = statement;
  await execute(snapshot, `declare lines no scroll cursor for ${sql}`, parameters);
  for (;;) {
    const rows = await query<{ line: string }>(snapshot, `fetch ${atOnce} from lines`);
    if (rows.length > 0) await take(rows.map(({ line }) => line));
    if (rows.length < atOnce) break;
  }
  await execute(snapshot, 'close lines');
}
