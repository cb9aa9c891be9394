import { listSettlements as listRows, type ShownSettlement } from '../storage/settlement-decisions.ts';
import type { SettlementState } from '../storage/settlements.ts';
import type { Deps } from './deps.ts';

/** Cycles in a state, those that wait for a person unless told otherwise. */
export async function listSettlements(
  { db }: Pick<Deps, 'db'>,
  {
    state,
    limit,
    after = null,
  }: { readonly state: SettlementState; readonly limit: number; readonly after?: string | null },
): Promise<{ readonly settlements: readonly ShownSettlement[]; readonly hasMore: boolean }> {
  const rows = await listRows(db, { state, limit: limit + 1, after });
  return { settlements: rows.slice(0, limit), hasMore: rows.length > limit };
}

export type { ShownSettlement } from '../storage/settlement-decisions.ts';
