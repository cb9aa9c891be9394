import type { CapWindow } from '../domain/cap-book.ts';
import { catchUp } from '../domain/catch-up.ts';
import { poolAsked } from '../domain/member-pool.ts';
import { runningPeriod } from '../domain/pool-book.ts';
import type { Refused } from '../domain/rejection.ts';
import { memberUse } from '../domain/usage-cap.ts';
import { noPeriod } from '../domain/usage.ts';
import { transaction } from '../storage/database.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { balanceOf, type PoolBalance } from './read-balance.ts';
import { findCustomer } from './read-customer.ts';

export interface MemberBalance {
  readonly customerId: string;
  /** False: the member draws on the customer's pool, whose balance this is. */
  readonly hasPool: boolean;
  readonly balance: PoolBalance;
  /** What the member may use in the running window, and has used; null where no cap is in force. */
  readonly cap: { readonly credits: bigint | null; readonly window: CapWindow; readonly used: bigint } | null;
  readonly asOf: Date;
}

/** What a member may still use: its own pool where the plan gives it one, and its cap. */
export async function readMember(
  deps: Deps,
  asked: { readonly customer: string; readonly member: string },
): Promise<MemberBalance | Refused> {
  const customer = await findCustomer(deps, asked.customer);
  if ('rejected' in customer) return customer;
  const { customerId } = customer;
  const spenders = [{ customerId, member: asked.member, agent: null }];
  const { now, books } = await transaction(
    deps.db,
    (trx) => loadPoolBooks(trx, [customer], deps.settings, { readOnly: true, spenders }),
    { isolationLevel: 'repeatable read', readOnly: true },
  );
  const root = books.get(customerId);
  if (root === undefined) return noPeriod('a member');
  const moment = { now, newId: deps.newId };
  catchUp(root, moment);
  const pool = poolAsked(root, asked.member, moment);
  const period = runningPeriod(root, now);
  return {
    customerId,
    hasPool: pool !== root,
    balance: balanceOf([pool], now),
    cap: period === null ? null : memberUse(root, asked.member, { period, now }),
    asOf: now,
  };
}
