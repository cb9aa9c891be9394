import { refuse, type Refused } from '../../domain/rejection.ts';
import { unfinishedFinanceJobs, type FinanceJob } from '../../storage/finance-jobs.ts';
import { listOperators } from '../../storage/operators.ts';
import { findRun, listRuns, type ShownRun } from '../../storage/reconciliation-runs.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

export type { ShownRun } from '../../storage/reconciliation-runs.ts';

/** What people are called, by their subjects. */
export type Names = ReadonlyMap<string, string>;

export async function readNames({ db }: Pick<Deps, 'db'>): Promise<Names> {
  const people = await listOperators(db);
  return new Map(people.map(({ subject, name }) => [subject, name]));
}

export interface RunList {
  readonly runs: readonly ShownRun[];
  readonly hasMore: boolean;
  /** Asked for and not done. */
  readonly jobs: readonly FinanceJob[];
  readonly names: Names;
}

/** Runs of reconciliation, the newest first, and what was asked for and is not done. */
export async function listReconciliations(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  limit: number,
): Promise<RunList | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const runs = await listRuns(deps.db, limit + 1);
  return {
    runs: runs.slice(0, limit),
    hasMore: runs.length > limit,
    jobs: (await unfinishedFinanceJobs(deps.db)).filter(({ kind }) => kind !== 'migration_forecast'),
    names: await readNames(deps),
  };
}

export async function readReconciliation(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  reconciliationId: string,
): Promise<{ readonly run: ShownRun; readonly names: Names } | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const run = await findRun(deps.db, reconciliationId);
  if (run === null) return refuse('unknown_reconciliation', 'there is no run of this id');
  return { run, names: await readNames(deps) };
}
