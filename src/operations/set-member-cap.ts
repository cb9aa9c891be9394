import { formatCredits } from '../domain/amount.ts';
import type { CapWindow, MemberCap } from '../domain/cap-book.ts';
import { catchUp } from '../domain/catch-up.ts';
import { runningPeriod } from '../domain/pool-book.ts';
import type { Refused } from '../domain/rejection.ts';
import { memberUse, windowStart } from '../domain/usage-cap.ts';
import { noPeriod } from '../domain/usage.ts';
import { transaction } from '../storage/database.ts';
import { recountMember, saveMemberCap } from '../storage/member-caps.ts';
import { saveBookChanges } from '../storage/pool-book-changes.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read-customer.ts';

export interface SetMemberCap {
  readonly customer: string;
  readonly member: string;
  /** null: the plan's again */
  readonly cap: MemberCap | null;
  readonly reason: string | null;
  readonly actor: string;
}

export interface MemberCapSet {
  readonly customerId: string;
  /** What holds now; null: no cap. */
  readonly limit: bigint | null;
  readonly window: CapWindow | null;
  readonly used: bigint | null;
  /** What a cap below the use so far does; null where nothing is to be said. */
  readonly note: string | null;
}

/** Sets what a member may use, in force with the next request. What was used before stays used. */
export async function setMemberCap(deps: Deps, asked: SetMemberCap): Promise<MemberCapSet | Refused> {
  const customer = await findCustomer(deps, asked.customer);
  if ('rejected' in customer) return customer;
  const { customerId } = customer;
  const { member } = asked;
  return transaction(deps.db, async (trx) => {
    const spenders = [{ customerId, member, agent: null }];
    const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, { spenders });
    const book = books.get(customerId);
    const period = book === undefined ? null : runningPeriod(book, now);
    if (book === undefined) return noPeriod('a member');
    catchUp(book, { now, newId: deps.newId });
    await saveBookChanges(trx, now, [book]);
    await saveMemberCap(trx, customer, { ...asked, at: now });
    if (asked.cap === null) book.caps.overrides.delete(member);
    else book.caps.overrides.set(member, asked.cap);
    const running = period ?? runningPeriod(book, now);
    const limit = running === null ? null : memberUse(book, member, { period: running, now });
    if (limit === null || running === null) return { customerId, limit: null, window: null, used: null, note: null };
    // While no cap asked for it, nothing was counted.
    const start = windowStart(limit.window, now, running);
    const used = await recountMember(trx, customer, { member, window: limit.window, start });
    return { customerId, limit: limit.credits, window: limit.window, used, note: noteOf(limit.credits, used) };
  });
}

function noteOf(limit: bigint | null, used: bigint): string | null {
  if (limit === null || used <= limit) return null;
  return `${formatCredits(used)} credits are used already, more than the cap of ${formatCredits(limit)}: they stay used, and nothing more may start in this window.`;
}
