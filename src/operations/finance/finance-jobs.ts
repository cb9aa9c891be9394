// Work of minutes that a person asks for and need not wait for.
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Permission } from '../../domain/operator.ts';
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
import type { Rollout } from '../migration/forecast-cohorts.ts';
import { performForecast } from '../migration/forecast-job.ts';
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
  /** The rollout that a forecast is of. */
  readonly rollout?: Rollout;
}

const ASKED_FOR = {
  reconciliation: { permission: 'reconciliation.run', action: 'reconciliation.requested' },
  close_preparation: { permission: 'close.request', action: 'close.prepared' },
  migration_forecast: { permission: 'model.change', action: 'migration.forecast' },
} as const satisfies Readonly<Record<FinanceJobKind, { readonly permission: Permission; readonly action: string }>>;

/** Asks for a run, a month's preparation or a rollout's forecast. While the same is under way, that one is answered. */
export async function requestFinanceJob(
  deps: Deps,
  acting: Acting,
  { kind, month, everybody, rollout }: FinanceJobRequest,
): Promise<FinanceJob | Refused> {
  const { permission, action } = ASKED_FOR[kind];
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, permission);
    if ('rejected' in actor) return actor;
    const at = await now(trx);
    if (month !== undefined && at < monthEnd(month))
      return refuse(
        'close_too_early',
        `${month} ends at ${monthEnd(month).toISOString()}; the books cannot close before`,
      );
    await lockFinanceJobs(trx);
    const same = (await unfinishedFinanceJobs(trx)).find(
      (job) =>
        job.kind === kind &&
        job.month === (month ?? null) &&
        job.everybody === everybody &&
        canonicalJson(job.asked) === canonicalJson(rollout ?? null),
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
      asked: rollout === undefined ? null : { ...rollout },
    };
    await insertFinanceJob(trx, job);
    await audit(deps, trx, actor, {
      action,
      objectType: 'finance_job',
      objectId: job.financeJobId,
      after: rollout === undefined ? { everybody, month: job.month } : { rollout: rollout.name },
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
  const { customers, customersInAll, reads } = job;
  const progress: Progress = { step: null, customers, customersInAll, reads };
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
    await endAttempt(deps.db, job, { ...NOTHING, failure, finishedAt, againAfterMs: AGAIN_AFTER_MS });
  } finally {
    clearInterval(heartbeat);
  }
  return 1;
}

interface Progress {
  step: string | null;
  customers: number;
  customersInAll: number | null;
  reads: number;
}

type Outcome = Pick<FinanceJob, 'reconciliationId' | 'result' | 'failure'>;
const NOTHING: Outcome = { reconciliationId: null, result: null, failure: null };

async function perform(deps: Deps, job: FinanceJob, progress: Progress): Promise<Outcome> {
  if (job.kind === 'migration_forecast') {
    progress.step = 'simulating bills';
    const done = await performForecast(deps, job, (customers, customersInAll) => {
      Object.assign(progress, { customers, customersInAll });
    });
    return { ...NOTHING, ...done };
  }
  if (job.month === null) {
    progress.step = 'reconciling';
    const run = await reconcile(deps, {
      full: job.everybody,
      onProgress: (done) => Object.assign(progress, done),
    });
    await keepFunnel(deps, run.reconciliationId);
    return { ...NOTHING, reconciliationId: run.reconciliationId };
  }
  const acting = { subject: job.requestedBy, roles: null, trace: NO_TRACE };
  const prepared = await prepareClose(deps, acting, {
    month: job.month,
    onProgress: (step) => {
      progress.step = step;
    },
  });
  if ('rejected' in prepared) return { ...NOTHING, failure: prepared.rejected.message };
  const { reconciliationId, customers, reads } = prepared.reconciliation;
  Object.assign(progress, { customers, reads });
  await keepFunnel(deps, reconciliationId);
  return { ...NOTHING, reconciliationId };
}
