// How far a job that reads on has come.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export async function readCursor(db: Database | Transaction, name: string): Promise<Date | null> {
  const [row] = await query<{ position: Date }>(db, `select position from stripe_cursors where name = $1`, [name]);
  return row?.position ?? null;
}

/** Moves a cursor on; it never goes back. */
export async function moveCursor(db: Database | Transaction, name: string, position: Date): Promise<void> {
  await execute(
    db,
    `insert into stripe_cursors (name, position) values ($1, $2)
     on conflict (name) do update set position = greatest(stripe_cursors.position, excluded.position)`,
    [name, position],
  );
}
