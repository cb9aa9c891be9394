// Work of minutes that a person asks for and need not wait for.
import { monthEnd } from '../../domain/period-close.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import {
  endAttempt,
  type FinanceJob,
  type FinanceJobKind,
  findFinanceJob,
  insertFinanceJob,
  leaseFinanceJob,
  lockFinanceJobs,
  noteProgress,
  unfinishedFinanceJobs,
} from '../../storage/finance-jobs.ts';
import { countCustomersAtStripe } from '../../storage/reconciliation/scope.ts';
import { prepareClose } from '../close/prepare-close.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, NO_TRACE, permitted } from '../operators/acting.ts';
import { reconcile } from '../reconcile.ts';
import { keepFunnel } from './keep-funnel.ts';

export type { FinanceJob, FinanceJobKind } from '../../storage/finance-jobs.ts';

export interface FinanceJobRequest {
  readonly kind: FinanceJobKind;
  /** `YYYY-MM`; for a preparation. */
  readonly month?: string;
  /** Everybody, not only who has changed since the last run; a preparation always looks at everybody. */
  readonly everybody: boolean;
}

/** Asks for a run, or for a month's preparation. While the same is under way, that one is answered. */
export async function requestFinanceJob(
  deps: Deps,
  acting: Acting,
  { kind, month, everybody }: FinanceJobRequest,
): Promise<FinanceJob | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, kind === 'reconciliation' ? 'reconciliation.run' : 'close.request');
    if ('rejected' in actor) return actor;
    const at = await now(trx);
    if (month !== undefined && at < monthEnd(month))
      return refuse(
        'close_too_early',
        `${month} ends at ${monthEnd(month).toISOString()}; the books cannot close before`,
      );
    await lockFinanceJobs(trx);
    const same = (await unfinishedFinanceJobs(trx)).find(
      (job) => job.kind === kind && job.month === (month ?? null) && job.everybody === everybody,
    );
    if (same !== undefined) return same;
    const job = {
      financeJobId: deps.newId(),
      kind,
      month: month ?? null,
      everybody,
      requestedBy: actor.subject,
      requestedAt: at,
      customersInAll: everybody ? await countCustomersAtStripe(trx) : null,
    };
    await insertFinanceJob(trx, job);
    await audit(deps, trx, actor, {
      action: kind === 'reconciliation' ? 'reconciliation.requested' : 'close.prepared',
      objectType: 'finance_job',
      objectId: job.financeJobId,
      after: { everybody, month: job.month },
    });
    const stored = await findFinanceJob(trx, job.financeJobId);
    if (stored === null) throw new Error(`job ${job.financeJobId} has vanished`);
    return stored;
  });
}

export async function readFinanceJob(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  financeJobId: string,
): Promise<FinanceJob | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  return (await findFinanceJob(deps.db, financeJobId)) ?? refuse('unknown_job', 'there is no job of this id');
}

const LEASE_MS = 30_000;
const HEARTBEAT_MS = 1_000;
const AGAIN_AFTER_MS = 30_000;
const ATTEMPTS_MAX = 5;

/**
 * Does the oldest job that nobody is at; answers how many were done. One whose process dies is taken over when its lease
 * ends, and a run goes on after the customer that it finished last. After five attempts it is given up, and says why.
 */
export async function performFinanceJobs(deps: Deps): Promise<number> {
  const job = await leaseFinanceJob(deps.db, LEASE_MS);
  if (job === null) return 0;
  const progress = { step: null as string | null, customers: job.customers, reads: job.reads };
  const note = (): void => {
    noteProgress(deps.db, job, progress, LEASE_MS).catch((error: unknown) => {
      deps.log.warn({ err: error, job: job.financeJobId }, 'a job could not keep its lease');
    });
  };
  const heartbeat = setInterval(note, HEARTBEAT_MS);
  try {
    const done = await perform(deps, job, progress);
    clearInterval(heartbeat);
    await noteProgress(deps.db, job, progress, LEASE_MS);
    const finishedAt = await now(deps.db);
    await endAttempt(deps.db, job, { ...done, finishedAt, againAfterMs: 0 });
  } catch (error) {
    deps.log.error({ err: error, job: job.financeJobId }, 'a job stopped');
    const failure = error instanceof Error ? error.message : 'unknown';
    const finishedAt = job.attempts >= ATTEMPTS_MAX ? await now(deps.db) : null;
    await endAttempt(deps.db, job, { reconciliationId: null, failure, finishedAt, againAfterMs: AGAIN_AFTER_MS });
  } finally {
    clearInterval(heartbeat);
  }
  return 1;
}

interface Progress {
  step: string | null;
  customers: number;
  reads: number;
}

async function perform(
  deps: Deps,
  job: FinanceJob,
  progress: Progress,
): Promise<Pick<FinanceJob, 'reconciliationId' | 'failure'>> {
  if (job.month === null) {
    progress.step = 'reconciling';
    const run = await reconcile(deps, {
      full: job.everybody,
      onProgress: (done) => Object.assign(progress, done),
    });
    await keepFunnel(deps, run.reconciliationId);
    return { reconciliationId: run.reconciliationId, failure: null };
  }
  const acting = { subject: job.requestedBy, roles: null, trace: NO_TRACE };
  const prepared = await prepareClose(deps, acting, {
    month: job.month,
    onProgress: (step) => {
      progress.step = step;
    },
  });
  if ('rejected' in prepared) return { reconciliationId: null, failure: prepared.rejected.message };
  const { reconciliationId, customers, reads } = prepared.reconciliation;
  Object.assign(progress, { customers, reads });
  await keepFunnel(deps, reconciliationId);
  return { reconciliationId, failure: null };
}
