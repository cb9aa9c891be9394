import type { PoolSums } from '../domain/ledger-line.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now as clock } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { poolSumsBefore } from '../storage/pool-sums.ts';
import { periodAt, poolsOf } from '../storage/pools.ts';
import { findCustomer } from './read-customer.ts';
import type { RealTime } from './track-usage.ts';

export interface BalanceAt {
  readonly customerId: string;
  readonly unit: string | null;
  readonly at: Date;
  /** What could be spent then; `sums.available` also has what stood on lots that had ended and waited for their cut-off. */
  readonly available: bigint;
  readonly sums: PoolSums;
  /** Unbilled overage of the billing period that ran then. */
  readonly overage: bigint;
}

/**
 * What a customer's pool stood at, by the entries that had taken effect at that instant, the instant included. Late usage
 * and corrections that were recorded since then are in it when they are dated before it.
 */
export async function readBalanceAt(
  { deps, executor }: RealTime,
  { customer: name, at, member }: { readonly customer: string; readonly at: Date; readonly member: string | null },
): Promise<BalanceAt | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  // What time alone has done is written down first: an expiry is dated before the instant at which somebody looks.
  await executor.submit([{ kind: 'touch', customer }]);
  return transaction(
    deps.db,
    async (trx) => {
      const present = await clock(trx);
      if (at > present) {
        return refuse('invalid_request', `at ${at.toISOString()} lies after now, ${present.toISOString()}.`, {
          param: 'at',
        });
      }
      const pool = await poolsOf(trx, customer, member);
      if (pool === null) return { ...NOTHING, customerId: customer.customerId, at };
      const { sums, unspendable, overage } = await poolSumsBefore(trx, pool, afterwards(at));
      const period = await periodAt(trx, customer, at);
      return {
        customerId: customer.customerId,
        unit: pool.unit,
        at,
        available: sums.available - unspendable,
        sums,
        overage: period === null ? 0n : (overage.get(period) ?? 0n),
      };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

const NOTHING = {
  unit: null,
  available: 0n,
  sums: { available: 0n, held: 0n, frozen: 0n, overage: 0n, debt: 0n },
  overage: 0n,
} as const;

/** Instants of the books are whole milliseconds. */
function afterwards(at: Date): Date {
  return new Date(at.getTime() + 1);
}
