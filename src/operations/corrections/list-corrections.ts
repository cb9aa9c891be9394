import type { Correction, CorrectionState } from '../../domain/correction.ts';
import type { Refused } from '../../domain/rejection.ts';
import { listCorrections as readCorrections, readCorrection } from '../../storage/corrections.ts';
import type { Deps } from '../deps.ts';
import { unknownCorrection } from './decide-correction.ts';

/** Corrections of one state or of all; those that wait the oldest first, others the newest first. */
export async function listCorrections(
  deps: Pick<Deps, 'db'>,
  {
    state,
    limit,
    after = null,
  }: { readonly state: CorrectionState | null; readonly limit: number; readonly after?: string | null },
): Promise<{ readonly corrections: readonly Correction[]; readonly hasMore: boolean }> {
  const rows = await readCorrections(deps.db, { state, limit: limit + 1, after });
  return { corrections: rows.slice(0, limit), hasMore: rows.length > limit };
}

export async function findCorrection(deps: Pick<Deps, 'db'>, correctionId: string): Promise<Correction | Refused> {
  return (await readCorrection(deps.db, correctionId)) ?? unknownCorrection();
}
