// Trials: periods that nobody bills.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** Whether a customer has ever had a trial. */
export async function hadTrial(db: Database, { lane, customerId }: CustomerKey): Promise<boolean> {
  const rows = await query(
    db,
    `select from billing_periods where lane = $1 and customer_id = $2 and is_trial limit 1`,
    [lane, customerId],
  );
  return rows.length > 0;
}

/**
 * Lets the credits of a running trial end when the trial does; answers its billing period, or null where it ends then
 * already, or is over.
 */
export async function moveTrialLots(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { subscriptionId, endsAt }: { readonly subscriptionId: string; readonly endsAt: Date },
): Promise<string | null> {
  const [trial] = await query<{ billingPeriodId: string }>(
    trx,
    `select billing_period_id as "billingPeriodId" from billing_periods p
     where lane = $1 and customer_id = $2 and subscription_id = $3 and is_trial and state = 'open' and starts_at < $4
       and ends_at <> $4 and not exists (select from billing_periods n where n.lane = $1 and n.customer_id = $2
         and n.subscription_id = $3 and n.starts_at >= p.ends_at)`,
    [lane, customerId, subscriptionId, endsAt],
  );
  if (trial === undefined) return null;
  await execute(
    trx,
    `update lots set expires_at = $4 where lane = $1 and customer_id = $2 and billing_period_id = $3
       and source = 'promotional' and is_open and effective_at < $4`,
    [lane, customerId, trial.billingPeriodId, endsAt],
  );
  return trial.billingPeriodId;
}
