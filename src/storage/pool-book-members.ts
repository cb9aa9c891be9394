// Members' pools: read with their customer's own, which is locked first.
import { noCaps } from '../domain/cap-book.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { PeriodState, PoolBook } from '../domain/pool-book.ts';
import { noChanges } from '../domain/pool-changes.ts';
import { noShortfall } from '../domain/shortfall.ts';
import type { PlanTerms } from '../domain/terms.ts';
import type { Database, Transaction } from './database.ts';
import type { BookNeeds, BookSettings } from './pool-books.ts';
import { parametersOf, type Scope, WANTED } from './pool-scope.ts';
import { query } from './query.ts';

export type Pool = CustomerKey &
  Pick<PoolBook, 'poolId' | 'unit' | 'state' | 'hasMembers'> & {
    readonly spendingLimit: bigint | null;
    readonly unfunded: bigint;
  };

/** A pool's book before anything is read into it. */
export function emptyBook(pool: Pool, terms: PlanTerms | null, settings: BookSettings): PoolBook {
  return {
    customer: { lane: pool.lane, customerId: pool.customerId },
    poolId: pool.poolId,
    unit: pool.unit,
    member: null,
    root: null,
    hasMembers: pool.hasMembers,
    members: new Map(),
    allowancesUntil: null,
    state: pool.state,
    terms,
    subscription: null,
    ...settings,
    periods: [],
    lots: new Map(),
    holds: new Map(),
    overage: new Map(),
    overageReserved: new Map(),
    billed: new Map(),
    debt: 0n,
    caps: noCaps(),
    shortfall: noShortfall(pool.spendingLimit, pool.unfunded),
    changes: noChanges(),
  };
}

/** The members' pools that are spoken of, and all of a customer's where a period is to be cut off. */
export async function readMembers(
  on: Database | Transaction,
  scope: Scope,
  books: ReadonlyMap<string, PoolBook>,
  needs: BookNeeds,
  now: Date,
): Promise<readonly PoolBook[]> {
  const withMembers = new Set(
    [...books.values()].flatMap((book) => (book.hasMembers ? [book.customer.customerId] : [])),
  );
  if (withMembers.size === 0) return [];
  const { spenders = [], allMembersOf = [], holdIds = [], readOnly = false } = needs;
  const whole = [...books.values()]
    .filter(({ periods }) => dueForCutOff(periods, now).length > 0)
    .map(({ customer }) => customer.customerId);
  const named = spenders.filter(({ member, customerId }) => member !== null && withMembers.has(customerId));
  const rows = await query<Pool & { readonly member: string; readonly allowancesUntil: Date | null }>(
    on,
    `select lane, customer_id as "customerId", pool_id as "poolId", unit, state, member, has_members as "hasMembers",
       allowances_until as "allowancesUntil", spending_limit as "spendingLimit", unfunded
     from pools ${WANTED} where lane = any ($3::smallint[]) and member is not null and (customer_id = any ($4::uuid[])
       or (customer_id, member) in (select * from unnest($5::uuid[], $6::text[]))
       or pool_id in (select pool_id from holds where lane = any ($3::smallint[]) and hold_id = any ($7::uuid[])))
     order by lane, customer_id, pool_id ${readOnly ? '' : 'for update of pools'}`,
    [
      ...parametersOf(scope),
      [...allMembersOf, ...whole],
      named.map(({ customerId }) => customerId),
      named.map(({ member }) => member),
      holdIds,
    ],
  );
  return rows.flatMap((row) => {
    const root = books.get(row.customerId);
    if (root === undefined) return [];
    const { cutOffMinutes, meterWindowMinutes } = root;
    const book: PoolBook = {
      ...emptyBook({ ...row, state: root.state }, root.terms, { cutOffMinutes, meterWindowMinutes }),
      member: row.member,
      root,
      allowancesUntil: row.allowancesUntil,
      subscription: root.subscription,
      periods: root.periods,
      caps: root.caps,
    };
    root.members.set(row.member, book);
    return [book];
  });
}

/** Periods whose cut-off has come. */
export function dueForCutOff(periods: readonly PeriodState[], now: Date): readonly PeriodState[] {
  return periods.filter(({ state, cutOffAt }) => state === 'open' && cutOffAt <= now);
}
