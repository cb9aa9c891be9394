import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { query } from './query.ts';

/** The one clock: PostgreSQL's time, or the instant that a sandbox lives in. */
export const now = inStep(async (db: Database | Transaction, asks: readonly (readonly [])[]) => {
  const [row] = await query<{ now: Date }>(
    db,
    `select coalesce((select instant from simulated_clock), clock_timestamp()) as now`,
    [],
  );
  if (row === undefined) throw new Error('the clock query returned no row');
  return asks.map(() => row.now);
});

/**
 * PostgreSQL's own time, which goes on while a simulated clock stands still: for leases, and to tell which of two
 * fetches of an object began later. Never for a date in the books.
 */
export async function wallTime(db: Database | Transaction): Promise<Date> {
  const [row] = await query<{ wall: Date }>(db, `select clock_timestamp() as wall`, []);
  if (row === undefined) throw new Error('the clock query returned no row');
  return row.wall;
}

/** Moves a sandbox's clock; the database refuses it for any other deployment. */
export async function setSimulatedClock(db: Database | Transaction, instant: Date): Promise<void> {
  await query(
    db,
    `insert into simulated_clock (instant) values ($1)
     on conflict (only_row) do update set instant = excluded.instant`,
    [instant],
  );
}

/** Moves a sandbox's clock on by the least there is: what was recorded so far is past. Null where real time goes on. */
export async function stepSimulatedClock(db: Database | Transaction): Promise<Date | null> {
  const [row] = await query<{ instant: Date }>(
    db,
    `update simulated_clock set instant = instant + interval '1 millisecond' returning instant`,
    [],
  );
  return row?.instant ?? null;
}

/** Back to PostgreSQL's own time. */
export async function clearSimulatedClock(db: Database | Transaction): Promise<void> {
  await query(db, `delete from simulated_clock`, []);
}
