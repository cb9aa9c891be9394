// What time alone does to a customer's pools, done whenever one is touched: periods open, holds lapse, unpaid credits
// freeze, ended periods are cut off, lots expire. Jobs touch the pools that nobody asks for.
import { freezeDisputed } from './disputed-credits.ts';
import { lapseDueHolds } from './hold.ts';
import { openAllowances } from './member-pool.ts';
import { endWhatIsDue } from './period-end.ts';
import { openDuePeriods } from './period-opening.ts';
import { familyOf, type Moment, type PoolBook } from './pool-book.ts';
import { freezeUnpaid } from './unpaid.ts';

/** Brings the customer's pool and its members' up to the moment; a second call changes nothing. */
export function catchUp(book: PoolBook, moment: Moment): void {
  openDuePeriods(book, moment);
  for (const member of book.members.values()) openAllowances(member, moment);
  for (const pool of familyOf(book)) lapseDueHolds(pool, moment);
  freezeUnpaid(book, moment);
  for (const pool of familyOf(book)) freezeDisputed(pool, moment);
  endWhatIsDue(book, moment);
}
