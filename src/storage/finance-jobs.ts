// Long work that a person asked for: one row from the request to its end. Leases are wall time, also in a sandbox.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export const FINANCE_JOB_KINDS = ['reconciliation', 'close_preparation', 'migration_forecast'] as const;
export type FinanceJobKind = (typeof FINANCE_JOB_KINDS)[number];

export interface FinanceJob {
  readonly financeJobId: string;
  readonly kind: FinanceJobKind;
  /** `YYYY-MM` of a preparation. */
  readonly month: string | null;
  readonly everybody: boolean;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  /** Wall time; null while nobody has begun. */
  readonly begunAt: Date | null;
  readonly attempts: number;
  readonly step: string | null;
  readonly customers: number;
  /** Null where it is not known beforehand. */
  readonly customersInAll: number | null;
  readonly reads: number;
  readonly reconciliationId: string | null;
  /** What a forecast is of, as it was asked; null of other work. */
  readonly asked: Readonly<Record<string, unknown>> | null;
  /** What came of a forecast; null until then. */
  readonly result: Readonly<Record<string, unknown>> | null;
  /** Why it stopped; without an end it is tried again. */
  readonly failure: string | null;
  readonly finishedAt: Date | null;
  /** Since it was begun, in wall time. */
  readonly elapsedMs: number | null;
}

const COLUMNS = `finance_job_id as "financeJobId", kind, to_char(month, 'YYYY-MM') as month, everybody,
  requested_by as "requestedBy", requested_at as "requestedAt", begun_at as "begunAt", attempts, step, customers,
  customers_in_all as "customersInAll", reads, reconciliation_id as "reconciliationId", asked, result, failure, finished_at as "finishedAt",
  (extract(epoch from clock_timestamp() - begun_at) * 1000)::float8 as "elapsedMs"`;

export async function insertFinanceJob(
  trx: Transaction,
  job: Pick<
    FinanceJob,
    'financeJobId' | 'kind' | 'month' | 'everybody' | 'requestedBy' | 'requestedAt' | 'customersInAll' | 'asked'
  >,
): Promise<void> {
  await execute(
    trx,
    `insert into finance_jobs (finance_job_id, kind, month, everybody, requested_by, requested_at, customers_in_all, asked)
     values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)`,
    [
      job.financeJobId,
      job.kind,
      job.month === null ? null : `${job.month}-01`,
      job.everybody,
      job.requestedBy,
      job.requestedAt,
      job.customersInAll,
      job.asked === null ? null : JSON.stringify(job.asked),
    ],
  );
}

/** Requests one after the other: of the same work only one is under way. */
export async function lockFinanceJobs(trx: Transaction): Promise<void> {
  await query(trx, `select pg_advisory_xact_lock(hashtext('creditpool.finance_jobs')) is null as locked`);
}

export async function findFinanceJob(on: Database | Transaction, financeJobId: string): Promise<FinanceJob | null> {
  const [row] = await query<FinanceJob>(on, `select ${COLUMNS} from finance_jobs where finance_job_id = $1`, [
    financeJobId,
  ]);
  return row ?? null;
}

/** Not done and not given up, the oldest first. */
export async function unfinishedFinanceJobs(on: Database | Transaction): Promise<readonly FinanceJob[]> {
  return query<FinanceJob>(
    on,
    `select ${COLUMNS} from finance_jobs where finished_at is null order by requested_at, finance_job_id`,
  );
}

/** Takes the oldest job that nobody is at; exactly one process gets it, and its attempt's number is the proof. */
export async function leaseFinanceJob(db: Database, leaseMs: number): Promise<FinanceJob | null> {
  const [row] = await query<FinanceJob>(
    db,
    `update finance_jobs set lease_until = clock_timestamp() + $1 * interval '1 millisecond', attempts = attempts + 1,
       begun_at = coalesce(begun_at, clock_timestamp()), failure = null
     where finance_job_id = (
       select finance_job_id from finance_jobs
       where finished_at is null and (lease_until is null or lease_until < clock_timestamp())
       order by requested_at, finance_job_id limit 1 for update skip locked)
     returning ${COLUMNS}`,
    [leaseMs],
  );
  return row ?? null;
}

type Attempt = Pick<FinanceJob, 'financeJobId' | 'attempts'>;

/** Keeps the lease and writes how far it is. */
export async function noteProgress(
  db: Database,
  { financeJobId, attempts }: Attempt,
  progress: Pick<FinanceJob, 'step' | 'customers' | 'customersInAll' | 'reads'>,
  leaseMs: number,
): Promise<void> {
  await execute(
    db,
    `update finance_jobs set lease_until = clock_timestamp() + $3 * interval '1 millisecond', step = $4, customers = $5,
       reads = $6, customers_in_all = coalesce($7, customers_in_all)
     where finance_job_id = $1 and attempts = $2 and finished_at is null`,
    [financeJobId, attempts, leaseMs, progress.step, progress.customers, progress.reads, progress.customersInAll],
  );
}

/** The end, with what came of it; or, without an end, when it may be tried again. */
export async function endAttempt(
  db: Database,
  { financeJobId, attempts }: Attempt,
  end: Pick<FinanceJob, 'reconciliationId' | 'result' | 'failure' | 'finishedAt'> & { readonly againAfterMs: number },
): Promise<void> {
  await execute(
    db,
    `update finance_jobs set reconciliation_id = $3, failure = $4, finished_at = $5,
       lease_until = clock_timestamp() + $6 * interval '1 millisecond', result = $7::jsonb
     where finance_job_id = $1 and attempts = $2 and finished_at is null`,
    [
      financeJobId,
      attempts,
      end.reconciliationId,
      end.failure,
      end.finishedAt,
      end.againAfterMs,
      end.result === null ? null : JSON.stringify(end.result),
    ],
  );
}
