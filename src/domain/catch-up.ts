// What time alone does to a pool, done whenever it is touched: periods open, holds lapse, ended periods are cut off,
// lots expire. Jobs touch the pools that nobody asks for.
import { lapseDueHolds } from './hold.ts';
import { endWhatIsDue } from './period-end.ts';
import { openDuePeriods } from './period-opening.ts';
import type { Moment, PoolBook } from './pool-book.ts';

/** Brings the book up to the moment; a second call changes nothing. */
export function catchUp(book: PoolBook, moment: Moment): void {
  openDuePeriods(book, moment);
  lapseDueHolds(book, moment);
  endWhatIsDue(book, moment);
}
