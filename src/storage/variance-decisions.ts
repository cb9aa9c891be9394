// What people decided about single variances.
import { EVERY_LANE } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';
import { type StoredVariance, VARIANCE_COLUMNS } from './variances.ts';

export type { StoredVariance } from './variances.ts';

/** Null when there is none of this id. */
export async function readVariance(on: Database | Transaction, varianceId: string): Promise<StoredVariance | null> {
  return find(on, varianceId, '');
}

/** One variance, locked until the transaction ends; null when there is none of this id. */
export async function lockVariance(trx: Transaction, varianceId: string): Promise<StoredVariance | null> {
  return find(trx, varianceId, 'for update');
}

async function find(
  on: Database | Transaction,
  varianceId: string,
  lock: '' | 'for update',
): Promise<StoredVariance | null> {
  const [found] = await query<{ lane: number; customerId: string }>(
    on,
    `select lane, customer_id as "customerId" from variances where lane = any($1::smallint[]) and variance_id = $2`,
    [EVERY_LANE, varianceId],
  );
  if (found === undefined) return null;
  const [row] = await query<StoredVariance>(
    on,
    `select ${VARIANCE_COLUMNS} from variances where lane = $1 and customer_id = $2 and variance_id = $3 ${lock}`,
    [found.lane, found.customerId, varianceId],
  );
  return row ?? null;
}

/** Writes state, owner and explanation; what the reconciliation found stays as it found it. */
export async function updateVariance(
  trx: Transaction,
  variance: StoredVariance,
  closedAt: Date | null = null,
): Promise<void> {
  const { lane, customerId, varianceId, state, explanation, evidence, owner, explainedBy, explainedAt } = variance;
  await execute(
    trx,
    `update variances set state = $4, explanation = $5, evidence = $6, owner = $7, explained_by = $8, explained_at = $9,
       closed_at = $10
     where lane = $1 and customer_id = $2 and variance_id = $3`,
    [lane, customerId, varianceId, state, explanation, evidence, owner, explainedBy, explainedAt, closedAt],
  );
}
