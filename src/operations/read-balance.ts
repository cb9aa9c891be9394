import { catchUp } from '../domain/catch-up.ts';
import type { NotEnforced } from '../domain/ladder.ts';
import { isOpenAt, byDrawOrder, remaining } from '../domain/lot.ts';
import {
  familyOf,
  heldIn,
  type LotState,
  overageIn,
  type PeriodState,
  type PoolBook,
  runningPeriod,
} from '../domain/pool-book.ts';
import { availableAt } from '../domain/pool-stock.ts';
import type { Refused } from '../domain/rejection.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { readNotEnforced } from './launch/read-not-enforced.ts';
import { findCustomer } from './read-customer.ts';
import { type PlanPolicy, readPolicyOfVersion } from './read-policy.ts';

/** What stands in one pool, or in several together; all in micro-credits. */
export interface PoolBalance {
  /** Spendable now, of every feature. */
  readonly available: bigint;
  readonly held: bigint;
  /** Consumed past the lots in the running period; Stripe will bill it. */
  readonly overage: bigint;
  /** Consumed past the lots; the next credits pay it, nobody bills it. */
  readonly debt: bigint;
  /** Usage past every limit, which waits for credits. */
  readonly unfunded: bigint;
  /** Lots with something left, in draw order. */
  readonly lots: readonly ShownLot[];
}

export type ShownLot = LotState & {
  readonly left: bigint;
  readonly open: boolean;
  readonly member: string | null;
};

export interface Balance extends PoolBalance {
  readonly customerId: string;
  readonly unit: string | null;
  readonly plan: string | null;
  /** What holds for it, in plain sentences; null without a plan. */
  readonly policy: PlanPolicy | null;
  readonly poolState: 'active' | 'blocked' | 'closed' | null;
  /** Actions that take nothing from it: they are only watched. */
  readonly notEnforced: NotEnforced;
  /** Most overage a period by the customer's own wish; null: what the plan allows. */
  readonly spendingLimit: bigint | null;
  readonly period: PeriodState | null;
  /** Under a plan with a pool for each member, what of the sums is whose. */
  readonly members: readonly (PoolBalance & { readonly member: string })[];
  readonly asOf: Date;
}

/** What is left, of what, until when: the rows that are enforced, brought up to the present but not written. */
export async function readBalance(deps: Deps, name: string): Promise<Balance | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const { now, books } = await transaction(
    deps.db,
    (trx) => loadPoolBooks(trx, [customer], deps.settings, { readOnly: true, allMembersOf: [customer.customerId] }),
    { isolationLevel: 'repeatable read', readOnly: true },
  );
  const book = books.get(customer.customerId);
  if (book === undefined) return { ...NOTHING, customerId: customer.customerId, asOf: await clock(deps.db) };
  catchUp(book, { now, newId: deps.newId });
  return {
    customerId: customer.customerId,
    unit: book.unit,
    plan: book.terms?.plan ?? null,
    policy: book.terms === null ? null : await readPolicyOfVersion(deps.db, book.terms.planVersionId),
    poolState: book.state,
    notEnforced: await readNotEnforced(deps, book.unit),
    spendingLimit: book.shortfall.spendingLimit,
    ...balanceOf(familyOf(book), now),
    period: runningPeriod(book, now),
    members: [...book.members]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([member, pool]) => ({ member, ...balanceOf([pool], now) })),
    asOf: now,
  };
}

/** What stands in these pools together. */
export function balanceOf(pools: readonly PoolBook[], now: Date): PoolBalance {
  const sum = (of: (pool: PoolBook) => bigint): bigint => pools.reduce((total, pool) => total + of(pool), 0n);
  return {
    available: sum((pool) => availableAt(pool, now)),
    held: sum(heldIn),
    overage: sum((pool) => {
      const period = runningPeriod(pool, now);
      return period === null ? 0n : overageIn(pool, period.billingPeriodId);
    }),
    debt: sum(({ debt }) => debt),
    unfunded: sum(({ shortfall }) => shortfall.unfundedSum),
    lots: pools
      .flatMap(({ lots, member }) => [...lots.values()].map((lot) => ({ lot, member })))
      .toSorted((a, b) => byDrawOrder(a.lot, b.lot))
      .map(({ lot, member }) => ({ ...lot, member, left: remaining(lot), open: isOpenAt(lot, now) }))
      .filter(({ left, held, frozen }) => left > 0n || held > 0n || frozen > 0n),
  };
}

const NOTHING = {
  unit: null,
  plan: null,
  policy: null,
  poolState: null,
  notEnforced: { observe: [], shadow: [], nothingEnforced: false },
  available: 0n,
  held: 0n,
  overage: 0n,
  debt: 0n,
  unfunded: 0n,
  spendingLimit: null,
  period: null,
  lots: [],
  members: [],
} as const;
