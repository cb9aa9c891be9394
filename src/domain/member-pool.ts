// A plan may give each member a pool of its own: its allowance, lots, holds and balance. Billing periods are the
// subscription's, so they stay with the customer's own pool, which holds what was bought and hands it out by transfers.
import { waitsForFee } from './fee-due.ts';
import { openIncludedLot } from './period-opening.ts';
import type { Moment, PoolBook } from './pool-book.ts';
import { noChanges } from './pool-changes.ts';
import { noShortfall } from './shortfall.ts';

/**
 * Which pool pays for a member's use: its own under a plan with a pool for each, opened on first use; else the customer's.
 * `since`: when it was used.
 */
export function poolFor(root: PoolBook, member: string | null, since: Date, moment: Moment): PoolBook {
  if (member === null || root.terms?.policy.pooling !== 'member') return root;
  const known = root.members.get(member);
  if (known !== undefined) return known;
  const opened = newMemberPool(root, member, since, moment);
  root.members.set(member, opened);
  if (!root.hasMembers) root.changes.pool ??= 'changed';
  root.hasMembers = true;
  return opened;
}

/** Where use is noted that moves nothing: a member's pool if there is one, which is not opened for it. */
export function poolBeside(root: PoolBook, member: string | null): PoolBook {
  return (member === null ? undefined : root.members.get(member)) ?? root;
}

/** The same for a question, which opens nothing. */
export function poolAsked(root: PoolBook, member: string | null, moment: Moment): PoolBook {
  if (member === null || root.terms?.policy.pooling !== 'member') return root;
  return root.members.get(member) ?? newMemberPool(root, member, moment.now, moment);
}

/** The pool of a member that was never seen before, with the allowance of the period that `since` lies in. */
function newMemberPool(root: PoolBook, member: string, since: Date, moment: Moment): PoolBook {
  const book: PoolBook = {
    ...root,
    poolId: moment.newId(),
    member,
    root,
    members: new Map(),
    hasMembers: false,
    allowancesUntil: since,
    lots: new Map(),
    holds: new Map(),
    overage: new Map(),
    overageReserved: new Map(),
    billed: new Map(),
    debt: 0n,
    shortfall: noShortfall(),
    changes: noChanges(),
  };
  book.changes.pool = 'new';
  openAllowances(book, moment);
  return book;
}

/** Opens a member's allowance of each running period that it has not had yet, once its fee is paid where the plan says so. */
export function openAllowances(book: PoolBook, moment: Moment): void {
  const { subscription, terms } = book;
  if (subscription === null || terms?.policy.pooling !== 'member') return;
  for (const period of book.periods) {
    if (period.state !== 'open' || period.startsAt > moment.now) continue;
    if (book.allowancesUntil !== null && period.endsAt <= book.allowancesUntil) continue;
    if (waitsForFee(terms) && period.feePaidAt === null && !period.isTrial) return;
    openIncludedLot(book, subscription, period, period.startsAt, moment);
    book.allowancesUntil = period.endsAt;
    book.changes.pool ??= 'changed';
  }
}
