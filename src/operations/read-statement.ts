import type { LedgerStatement } from '../domain/ledger-line.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { transaction } from '../storage/database.ts';
import { ledgerLines } from '../storage/ledger-lines.ts';
import { poolSumsBefore } from '../storage/pool-sums.ts';
import { poolsOf } from '../storage/pools.ts';
import { findCustomer } from './read-customer.ts';
import type { RealTime } from './track-usage.ts';

export interface StatementQuery {
  readonly customer: string;
  readonly member: string | null;
  readonly from: Date;
  readonly to: Date;
  /** The last line that the reader has. */
  readonly after: { readonly entryId: string; readonly seq: number } | null;
  readonly limit: number;
}

/** Opening, lines and closing of a pool on [from, to); opening and closing are of the whole span, whatever the page. */
export async function readStatement(
  { deps, executor }: RealTime,
  { customer: name, member, from, to, after, limit }: StatementQuery,
): Promise<LedgerStatement | Refused> {
  if (to <= from) return refuse('invalid_request', 'to must lie after from.', { param: 'to' });
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  await executor.submit([{ kind: 'touch', customer }]);
  return transaction(
    deps.db,
    async (trx) => {
      const pool = await poolsOf(trx, customer, member);
      if (pool === null) {
        return refuse('invalid_request', `${member ?? 'The customer'} has no pool, so there is no statement.`, {
          param: member === null ? 'id' : 'member',
        });
      }
      const { sums: opening } = await poolSumsBefore(trx, pool, from);
      const { sums: closing } = await poolSumsBefore(trx, pool, to);
      const lines = await ledgerLines(trx, pool, { from, to, opening, after, limit: limit + 1 });
      return {
        customerId: customer.customerId,
        unit: pool.unit,
        from,
        to,
        opening,
        closing,
        lines: lines.slice(0, limit),
        hasMore: lines.length > limit,
      };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
