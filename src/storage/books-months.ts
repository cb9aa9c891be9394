import type { Database } from './database.ts';
import { query } from './query.ts';

/** Months from the first customer or billing period to an instant, `YYYY-MM`, the newest first; at most 120. */
export async function booksMonths(on: Database, lanes: readonly number[], until: Date): Promise<readonly string[]> {
  const rows = await query<{ month: string }>(
    on,
    `select to_char(month, 'YYYY-MM') as month from generate_series(
       date_trunc('month', coalesce(least(
         (select min(created_at) from customers where lane = any($1)),
         (select min(starts_at) from billing_periods where lane = any($1))), $2) at time zone 'UTC'),
       $2::timestamptz at time zone 'UTC', '1 month') as month
     order by month desc limit 120`,
    [lanes, until],
  );
  return rows.map(({ month }) => month);
}
