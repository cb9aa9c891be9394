import { DAY_MS, monthOf } from '../../domain/approval.ts';
import type { Refused } from '../../domain/rejection.ts';
import { givenBefore, readApprovalRules, type StoredRules } from '../../storage/approval-rules.ts';
import { now as clock } from '../../storage/clock.ts';
import type { Customer } from '../../storage/customers.ts';
import { type FoundUsage, recentUsage } from '../../storage/search.ts';
import type { Deps } from '../deps.ts';
import type { Acting } from '../operators/acting.ts';
import { readCustomer } from '../read-customer.ts';

export interface GoodwillView {
  readonly customer: Customer;
  readonly now: Date;
  readonly rules: StoredRules;
  /** What is left of this person's goodwill budget of the month, micro-credits. */
  readonly monthLeft: bigint;
  readonly recent: readonly FoundUsage[];
}

const RECENT_MAX = 3;

/** What somebody should know before he gives goodwill: his limits, what is left of them, and what recent uses cost. */
export async function readGoodwillView(
  { db }: Pick<Deps, 'db'>,
  { subject }: Acting,
  name: string,
): Promise<GoodwillView | Refused> {
  const statement = await readCustomer({ db }, name);
  if ('rejected' in statement) return statement;
  const now = await clock(db);
  const rules = await readApprovalRules(db);
  const window = { dayFrom: new Date(now.getTime() - DAY_MS), monthFrom: monthOf(now), currency: null };
  const { goodwillMicro } = await givenBefore(db, subject, window);
  const left = rules.goodwillMonth - goodwillMicro;
  return {
    customer: statement.customer,
    now,
    rules,
    monthLeft: left > 0n ? left : 0n,
    recent: await recentUsage(db, statement.customer, RECENT_MAX),
  };
}
