// Runs of reconciliation as they are shown: what each compared, found and read, and who asked for it.
import type { Funnel } from '../domain/usage-flow.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';
import type { RunProgress } from './variances.ts';

export interface ShownRun {
  readonly reconciliationId: string;
  readonly scope: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly reads: number;
  /** Null before the first customer. */
  readonly progress: RunProgress | null;
  readonly funnels: readonly Funnel[];
  /** The subject of who asked; null: the night, the API or the command line. */
  readonly requestedBy: string | null;
}

const SELECT = `select r.reconciliation_id as "reconciliationId", r.scope, r.started_at as "startedAt",
  r.finished_at as "finishedAt", r.reads, r.checks as progress, coalesce(r.funnel, '[]') as funnels,
  (select j.requested_by from finance_jobs j where j.reconciliation_id = r.reconciliation_id limit 1) as "requestedBy"
  from reconciliations r`;

/** The newest first. */
export async function listRuns(on: Database | Transaction, limit: number): Promise<readonly ShownRun[]> {
  return query<ShownRun>(on, `${SELECT} order by r.started_at desc, r.reconciliation_id desc limit $1`, [limit]);
}

export async function findRun(on: Database | Transaction, reconciliationId: string): Promise<ShownRun | null> {
  const [row] = await query<ShownRun>(on, `${SELECT} where r.reconciliation_id = $1`, [reconciliationId]);
  return row ?? null;
}

export async function saveFunnels(
  on: Database | Transaction,
  reconciliationId: string,
  funnels: readonly Funnel[],
): Promise<void> {
  await execute(on, `update reconciliations set funnel = $2::jsonb where reconciliation_id = $1`, [
    reconciliationId,
    JSON.stringify(funnels),
  ]);
}
