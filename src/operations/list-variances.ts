import { listVariances as readVariances, type StoredVariance } from '../storage/variances.ts';
import type { Deps } from './deps.ts';

export interface VarianceList {
  readonly variances: readonly StoredVariance[];
  readonly hasMore: boolean;
}

/** Variances of one state, the oldest first. */
export async function listVariances(
  deps: Pick<Deps, 'db'>,
  {
    state,
    limit,
    after = null,
  }: { readonly state: StoredVariance['state']; readonly limit: number; readonly after?: string | null },
): Promise<VarianceList> {
  const rows = await readVariances(deps.db, { states: [state], limit: limit + 1, after });
  return { variances: rows.slice(0, limit), hasMore: rows.length > limit };
}
