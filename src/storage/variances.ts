// Runs of reconciliation and the differences they found. A difference is one row from its first sight to its end: seen
// again it stays, not seen again it is corrected; what a person explained stays explained.
import { type CustomerKey, EVERY_LANE } from '../domain/customer.ts';
import { type Difference, kindOf, subjectOf } from '../domain/reconciliation.ts';
import type { CheckName } from '../domain/variance.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface CheckCounts {
  compared: number;
  /** Differences seen, explained ones included. */
  found: number;
  unexplained: number;
  repaired: number;
}

export interface Run {
  readonly reconciliationId: string;
  readonly startedAt: Date;
  readonly reads: number;
  readonly progress: RunProgress;
}

/** How far a run is: it goes on after the customer that it finished last. */
export interface RunProgress {
  readonly counts: Readonly<Record<CheckName, CheckCounts>>;
  readonly afterCustomer: string | null;
  readonly customers: number;
}

/** The unfinished run of this scope, if it is young enough to be continued. */
export async function unfinishedRun(db: Database, scope: string, youngerThan: Date): Promise<Run | null> {
  const [row] = await query<Run>(
    db,
    `select reconciliation_id as "reconciliationId", started_at as "startedAt", reads, checks as progress
     from reconciliations where finished_at is null and scope = $1 and started_at >= $2 and checks is not null
     order by started_at desc limit 1`,
    [scope, youngerThan],
  );
  return row ?? null;
}

/** When the last whole run of these scopes began: what changed since then is compared again. */
export async function lastRunStart(db: Database, scopes: readonly string[]): Promise<Date | null> {
  const [row] = await query<{ at: Date | null }>(
    db,
    `select max(started_at) as at from reconciliations where finished_at is not null and scope = any($1)`,
    [scopes],
  );
  return row?.at ?? null;
}

export async function beginRun(
  db: Database,
  run: { readonly reconciliationId: string; readonly scope: string; readonly startedAt: Date },
): Promise<void> {
  await execute(db, `insert into reconciliations (reconciliation_id, started_at, scope) values ($1, $2, $3)`, [
    run.reconciliationId,
    run.startedAt,
    run.scope,
  ]);
}

/** Notes progress; with an end the run is over. */
export async function saveRun(
  on: Database | Transaction,
  reconciliationId: string,
  {
    progress,
    reads,
    finishedAt,
  }: { readonly progress: RunProgress; readonly reads: number; readonly finishedAt: Date | null },
): Promise<void> {
  await execute(
    on,
    `update reconciliations set checks = $2, reads = $3, finished_at = $4 where reconciliation_id = $1`,
    [reconciliationId, { ...progress }, reads, finishedAt],
  );
}

export interface Sighting {
  readonly reconciliationId: string;
  readonly at: Date;
  readonly newId: () => string;
}

/**
 * Writes what one check found of one customer: new rows are opened (explained, if the difference explains itself), rows
 * seen again are brought up to date, rows of this check that were not seen are corrected. An explanation by a person
 * stays as long as the amount does.
 */
export async function saveFindings(
  trx: Transaction,
  key: CustomerKey,
  check: CheckName,
  differences: readonly Difference[],
  { reconciliationId, at, newId }: Sighting,
): Promise<void> {
  const unique = [...new Map(differences.map((difference) => [subjectOf(difference), difference])).values()];
  const subjects = unique.map(subjectOf);
  await execute(
    trx,
    `update variances set state = 'corrected', closed_at = $5,
       explanation = concat_ws(' ', explanation, 'Not found any more.')
     where lane = $1 and customer_id = $2 and check_name = $3 and state in ('open', 'explained')
       and subject <> all($4::text[])`,
    [key.lane, key.customerId, check, subjects, at],
  );
  for (const difference of unique) {
    const { class: varianceClass, cause, repair } = kindOf(difference);
    const { ours, theirs, unit, amount, explanation } = difference;
    await execute(
      trx,
      `insert into variances (lane, customer_id, variance_id, reconciliation_id, check_name, class, subject, ours, theirs,
         unit, amount, cause, repair, state, explanation, found_at, last_seen_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
       on conflict (lane, customer_id, check_name, subject) where state in ('open', 'explained') do update set
         reconciliation_id = excluded.reconciliation_id, last_seen_at = excluded.last_seen_at, ours = excluded.ours,
         theirs = excluded.theirs, unit = excluded.unit, amount = excluded.amount,
         state = case when excluded.state = 'explained' then 'explained'
           when variances.state = 'explained' and variances.amount is not distinct from excluded.amount then 'explained'
           else 'open' end,
         explanation = coalesce(excluded.explanation, variances.explanation)`,
      [
        key.lane,
        key.customerId,
        newId(),
        reconciliationId,
        check,
        varianceClass,
        subjectOf(difference),
        ours,
        theirs,
        unit,
        amount,
        cause,
        repair,
        explanation === null ? 'open' : 'explained',
        explanation,
        at,
      ],
    );
  }
}

/** Notes on a variance what was done about it; the next comparison says whether it helped. */
export async function noteRepair(
  on: Database | Transaction,
  key: CustomerKey,
  check: CheckName,
  { subject, note }: { readonly subject: string; readonly note: string },
): Promise<void> {
  await execute(
    on,
    `update variances set explanation = concat_ws(' ', explanation, $5::text)
     where lane = $1 and customer_id = $2 and check_name = $3 and subject = $4 and state in ('open', 'explained')
       and position($5::text in coalesce(explanation, '')) = 0`,
    [key.lane, key.customerId, check, subject, note],
  );
}

export interface StoredVariance extends CustomerKey {
  readonly varianceId: string;
  readonly checkName: CheckName;
  readonly class: string;
  readonly subject: string;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly unit: string | null;
  readonly amount: string | null;
  readonly cause: string | null;
  readonly repair: string | null;
  readonly state: 'open' | 'explained' | 'corrected' | 'written_off';
  readonly explanation: string | null;
  /** Where the explanation can be seen. */
  readonly evidence: string | null;
  /** A person's subject. */
  readonly owner: string | null;
  readonly explainedBy: string | null;
  readonly explainedAt: Date | null;
  readonly foundAt: Date;
  readonly lastSeenAt: Date;
}

export const VARIANCE_COLUMNS = `lane, customer_id as "customerId", variance_id as "varianceId", check_name as "checkName",
  class, subject, ours, theirs, unit, amount, cause, repair, state, explanation, evidence, owner,
  explained_by as "explainedBy", explained_at as "explainedAt", found_at as "foundAt", last_seen_at as "lastSeenAt"`;

/** Variances of some states, the oldest first; of one customer, or of all. */
export async function listVariances(
  db: Database | Transaction,
  {
    states,
    customer,
    limit,
    after = null,
  }: {
    readonly states: readonly StoredVariance['state'][];
    readonly customer?: CustomerKey;
    readonly limit: number;
    readonly after?: string | null;
  },
): Promise<readonly StoredVariance[]> {
  return query<StoredVariance>(
    db,
    `select ${VARIANCE_COLUMNS} from variances
     where lane = any($1::smallint[]) and state = any($2) and ($3::uuid is null or customer_id = $3) and ($5::uuid is null
       or (found_at, variance_id) > (select a.found_at, a.variance_id from variances a
         where a.lane = any($1::smallint[]) and a.variance_id = $5))
     order by found_at, variance_id limit $4`,
    [customer === undefined ? EVERY_LANE : [customer.lane], states, customer?.customerId ?? null, limit, after],
  );
}
