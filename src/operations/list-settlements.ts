import { listSettlements as listRows, type ShownSettlement } from '../storage/settlement-decisions.ts';
import type { SettlementState } from '../storage/settlements.ts';
import type { Deps } from './deps.ts';

/** Cycles in a state, those that wait for a person unless told otherwise. */
export async function listSettlements(
  { db }: Pick<Deps, 'db'>,
  { state, limit }: { readonly state: SettlementState; readonly limit: number },
): Promise<{ readonly settlements: readonly ShownSettlement[]; readonly hasMore: boolean }> {
  const rows = await listRows(db, { state, limit: limit + 1 });
  return { settlements: rows.slice(0, limit), hasMore: rows.length > limit };
}

export type { ShownSettlement } from '../storage/settlement-decisions.ts';
