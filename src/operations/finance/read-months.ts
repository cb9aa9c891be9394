import { EVERY_LANE } from '../../domain/customer.ts';
import { readPeriod } from '../../storage/accounting-periods.ts';
import { booksMonths } from '../../storage/books-months.ts';
import { now } from '../../storage/clock.ts';
import type { Deps } from '../deps.ts';

export interface BooksMonths {
  /** The month that is looked at. */
  readonly month: string;
  readonly state: 'open' | 'pending' | 'closed';
  /** All that there are, the newest first. */
  readonly months: readonly string[];
  readonly now: Date;
}

/** The month that was asked for or, where there is none such, the last full one; while the first runs, that. */
export async function readMonths({ db }: Pick<Deps, 'db'>, asked: string | null): Promise<BooksMonths> {
  const at = await now(db);
  const months = await booksMonths(db, EVERY_LANE, at);
  const known = months.find((month) => month === asked);
  const month = known ?? months[1] ?? months[0] ?? at.toISOString().slice(0, 7);
  return { month, months, now: at, state: (await readPeriod(db, month))?.state ?? 'open' };
}
