import { dueCases, lockCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { systemActing } from '../operators/acting.ts';
import { saveCase } from './case-record.ts';
import { executeCase } from './execute-case.ts';

export interface TendedCases {
  readonly lapsed: number;
  readonly executed: number;
}

/** Ends requests that nobody answered for 72 hours, and goes on with what was released and is not done. */
export async function tendCases(deps: Deps, { limit }: { readonly limit: number }): Promise<TendedCases> {
  const { overdue, unfinished } = await dueCases(deps.db, await now(deps.db), limit);
  let lapsed = 0;
  for (const caseId of overdue) lapsed += (await lapse(deps, caseId)) ? 1 : 0;
  let executed = 0;
  for (const caseId of unfinished) executed += (await goOn(deps, caseId)) ? 1 : 0;
  return { lapsed, executed };
}

/** A bug with one case holds up no other; it is tried again with the next round. */
async function goOn(deps: Deps, caseId: string): Promise<boolean> {
  try {
    const done = await executeCase(deps, caseId);
    return !('rejected' in done) && done.state === 'done';
  } catch (error) {
    deps.log.error({ err: error, caseId }, 'a case could not be executed');
    return false;
  }
}

async function lapse(deps: Deps, caseId: string): Promise<boolean> {
  return transaction(deps.db, async (trx) => {
    const before = await lockCase(trx, caseId);
    const at = await now(trx);
    if (before === null || before.state !== 'waiting' || before.lapsesAt === null || before.lapsesAt > at) return false;
    const failure = 'nobody answered within 72 hours; submit it again';
    const after = { ...before, state: 'lapsed', failure } as const;
    await saveCase(deps, trx, systemActing('approvals'), { action: 'case.lapsed', before, after });
    return true;
  });
}
