import { catchUp } from '../domain/catch-up.ts';
import { isOpenAt, byDrawOrder, remaining } from '../domain/lot.ts';
import { availableAt, heldIn, type LotState, overageIn, type PeriodState, runningPeriod } from '../domain/pool-book.ts';
import type { Refused } from '../domain/rejection.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read-customer.ts';

export interface Balance {
  readonly customerId: string;
  readonly unit: string | null;
  readonly plan: string | null;
  readonly poolState: 'active' | 'blocked' | 'closed' | null;
  /** All in micro-credits. Spendable now, of every feature. */
  readonly available: bigint;
  readonly held: bigint;
  /** Consumed past the lots in the running period; Stripe will bill it. */
  readonly overage: bigint;
  /** Consumed past the lots; the next credits pay it, nobody bills it. */
  readonly debt: bigint;
  readonly period: PeriodState | null;
  /** Lots with something left, in draw order. */
  readonly lots: readonly (LotState & { readonly left: bigint; readonly open: boolean })[];
  readonly asOf: Date;
}

/** What is left, of what, until when: the rows that are enforced, brought up to the present but not written. */
export async function readBalance(deps: Deps, name: string): Promise<Balance | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const { now, books } = await transaction(
    deps.db,
    (trx) => loadPoolBooks(trx, [customer], deps.settings, { readOnly: true }),
    { isolationLevel: 'repeatable read', readOnly: true },
  );
  const book = books.get(customer.customerId);
  if (book === undefined) return { ...NOTHING, customerId: customer.customerId, asOf: await clock(deps.db) };
  catchUp(book, { now, newId: deps.newId });
  const period = runningPeriod(book, now);
  return {
    customerId: customer.customerId,
    unit: book.unit,
    plan: book.terms?.plan ?? null,
    poolState: book.state,
    available: availableAt(book, now),
    held: heldIn(book),
    overage: period === null ? 0n : overageIn(book, period.billingPeriodId),
    debt: book.debt,
    period,
    lots: [...book.lots.values()]
      .toSorted(byDrawOrder)
      .map((lot) => ({ ...lot, left: remaining(lot), open: isOpenAt(lot, now) }))
      .filter(({ left, held }) => left > 0n || held > 0n),
    asOf: now,
  };
}

const NOTHING = {
  unit: null,
  plan: null,
  poolState: null,
  available: 0n,
  held: 0n,
  overage: 0n,
  debt: 0n,
  period: null,
  lots: [],
} as const;
