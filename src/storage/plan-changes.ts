// Moves to another plan on their way, from the request to Stripe's new prices.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export type PlanChangeState = 'flushing' | 'sent' | 'done' | 'refused';

export interface PlanChange extends CustomerKey {
  readonly planChangeId: string;
  readonly subscriptionId: string;
  readonly planVersionId: string;
  readonly quantity: number;
  /** At once, or with the renewal: then it is done once Stripe has it planned. */
  readonly starts: 'now' | 'period_end';
  readonly state: PlanChangeState;
  readonly waitsFor: string | null;
  readonly requestedAt: Date;
  readonly endedAt: Date | null;
}

const COLUMNS = `lane, customer_id as "customerId", plan_change_id as "planChangeId", subscription_id as "subscriptionId",
  plan_version_id as "planVersionId", quantity, starts, state, waits_for as "waitsFor", requested_at as "requestedAt",
  ended_at as "endedAt"`;

export interface NewPlanChange extends Pick<
  PlanChange,
  'planChangeId' | 'subscriptionId' | 'planVersionId' | 'quantity' | 'starts'
> {
  readonly actor: string;
  readonly reason: string;
  readonly at: Date;
}

/** Keeps the wish, unless another one for the same subscription is on its way. */
export async function insertPlanChange(trx: Transaction, key: CustomerKey, asked: NewPlanChange): Promise<void> {
  await execute(
    trx,
    `insert into plan_changes (lane, customer_id, plan_change_id, subscription_id, plan_version_id, quantity, starts, state,
       requested_by, reason, requested_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'flushing', $8, $9, $10) on conflict do nothing`,
    [
      key.lane,
      key.customerId,
      asked.planChangeId,
      asked.subscriptionId,
      asked.planVersionId,
      asked.quantity,
      asked.starts,
      asked.actor,
      asked.reason,
      asked.at,
    ],
  );
}

/** The change of a subscription that has not come to its end; null when there is none. */
export async function openPlanChange(
  db: Database | Transaction,
  key: CustomerKey,
  subscriptionId: string,
): Promise<PlanChange | null> {
  const [row] = await query<PlanChange>(
    db,
    `select ${COLUMNS} from plan_changes
     where lane = $1 and customer_id = $2 and subscription_id = $3 and state in ('flushing', 'sent')`,
    [key.lane, key.customerId, subscriptionId],
  );
  return row ?? null;
}

export async function findPlanChange(
  db: Database | Transaction,
  key: CustomerKey,
  planChangeId: string,
): Promise<PlanChange | null> {
  const [row] = await query<PlanChange>(
    db,
    `select ${COLUMNS} from plan_changes where lane = $1 and customer_id = $2 and plan_change_id = $3`,
    [key.lane, key.customerId, planChangeId],
  );
  return row ?? null;
}

export async function readPlanChange(
  db: Database | Transaction,
  key: CustomerKey,
  planChangeId: string,
): Promise<PlanChange> {
  const change = await findPlanChange(db, key, planChangeId);
  if (change === null) throw new Error(`the plan change ${planChangeId} was not kept`);
  return change;
}

/** Those that have not come to their end, oldest first. */
export async function openPlanChanges(db: Database, limit: number): Promise<readonly PlanChange[]> {
  return query<PlanChange>(
    db,
    `select ${COLUMNS} from plan_changes
     where lane between 0 and 63 and state in ('flushing', 'sent') order by requested_at limit $1`,
    [limit],
  );
}

export async function movePlanChange(
  on: Database | Transaction,
  { lane, customerId, planChangeId }: PlanChange,
  to: { readonly state: PlanChangeState; readonly waitsFor?: string | null; readonly endedAt?: Date },
): Promise<void> {
  await execute(
    on,
    `update plan_changes set state = $4, waits_for = $5, ended_at = coalesce($6, ended_at)
     where lane = $1 and customer_id = $2 and plan_change_id = $3`,
    [lane, customerId, planChangeId, to.state, to.waitsFor ?? null, to.endedAt ?? null],
  );
}
