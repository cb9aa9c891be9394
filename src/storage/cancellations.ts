// Cancellations on their way, from the request to the last invoice.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export type CancellationState = 'flushing' | 'sent' | 'done' | 'refused';

export interface Cancellation extends CustomerKey {
  readonly subscriptionId: string;
  readonly state: CancellationState;
  readonly waitsFor: string | null;
  readonly requestedAt: Date;
  readonly endedAt: Date | null;
}

const COLUMNS = `lane, customer_id as "customerId", subscription_id as "subscriptionId", state, waits_for as "waitsFor",
  requested_at as "requestedAt", ended_at as "endedAt"`;

export async function insertCancellation(
  trx: Transaction,
  key: CustomerKey,
  asked: { readonly subscriptionId: string; readonly actor: string; readonly reason: string; readonly at: Date },
): Promise<void> {
  await execute(
    trx,
    `insert into cancellations (lane, customer_id, subscription_id, state, requested_by, reason, requested_at)
     values ($1, $2, $3, 'flushing', $4, $5, $6)
     on conflict (lane, customer_id, subscription_id) do nothing`,
    [key.lane, key.customerId, asked.subscriptionId, asked.actor, asked.reason, asked.at],
  );
}

export async function readCancellation(
  db: Database | Transaction,
  key: CustomerKey,
  subscriptionId: string,
): Promise<Cancellation | null> {
  const [row] = await query<Cancellation>(
    db,
    `select ${COLUMNS} from cancellations where lane = $1 and customer_id = $2 and subscription_id = $3`,
    [key.lane, key.customerId, subscriptionId],
  );
  return row ?? null;
}

/** Those that have not come to their end, oldest first. */
export async function openCancellations(db: Database, limit: number): Promise<readonly Cancellation[]> {
  return query<Cancellation>(
    db,
    `select ${COLUMNS} from cancellations
     where lane between 0 and 63 and state in ('flushing', 'sent') order by requested_at limit $1`,
    [limit],
  );
}

export async function moveCancellation(
  on: Database | Transaction,
  { lane, customerId, subscriptionId }: Pick<Cancellation, 'lane' | 'customerId' | 'subscriptionId'>,
  to: { readonly state: CancellationState; readonly waitsFor?: string | null; readonly endedAt?: Date },
): Promise<void> {
  await execute(
    on,
    `update cancellations set state = $4, waits_for = $5, ended_at = coalesce($6, ended_at)
     where lane = $1 and customer_id = $2 and subscription_id = $3`,
    [lane, customerId, subscriptionId, to.state, to.waitsFor ?? null, to.endedAt ?? null],
  );
}

/** Whose subscription this is, if it is mirrored. */
export async function customerOfSubscription(db: Database, subscriptionId: string): Promise<CustomerKey | null> {
  const [row] = await query<CustomerKey>(
    db,
    `select lane, customer_id as "customerId" from subscriptions where lane between 0 and 63 and subscription_id = $1`,
    [subscriptionId],
  );
  return row ?? null;
}

export async function blockPools(trx: Transaction, { lane, customerId }: CustomerKey): Promise<void> {
  await execute(trx, `update pools set state = 'blocked' where lane = $1 and customer_id = $2 and state = 'active'`, [
    lane,
    customerId,
  ]);
}

export interface RunningPeriod {
  readonly billingPeriodId: string;
  readonly poolId: string;
  readonly planVersionId: string;
  readonly startsAt: Date;
  readonly emittedUnits: bigint;
  readonly lastAt: Date | null;
  /** A period before it whose invoice is not final. */
  readonly draftOpen: boolean;
  readonly stripeCustomerId: string;
  readonly currency: string;
}

/** The period that a cancellation would end, with what its last invoice depends on. */
export async function periodToEnd(
  db: Database,
  { lane, customerId, subscriptionId }: Pick<Cancellation, 'lane' | 'customerId' | 'subscriptionId'>,
  now: Date,
): Promise<RunningPeriod | null> {
  const [row] = await query<RunningPeriod>(
    db,
    `select p.billing_period_id as "billingPeriodId", p.pool_id as "poolId", p.plan_version_id as "planVersionId",
       p.starts_at as "startsAt", p.emitted_units as "emittedUnits", (
         select max(b.last_at) from meter_buckets b
         where b.lane = $1 and b.customer_id = $2 and b.billing_period_id = p.billing_period_id) as "lastAt",
       exists (select from billing_periods e where e.lane = $1 and e.customer_id = $2
         and e.subscription_id = p.subscription_id and e.ends_at <= $4 and e.state <> 'final' and e.superseded_by is null
         and e.ends_at > $4::timestamptz - interval '5 days') as "draftOpen",
       c.stripe_customer_id as "stripeCustomerId", v.content ->> 'currency' as currency
     from billing_periods p
     join customers c on c.lane = $1 and c.customer_id = p.customer_id and c.stripe_customer_id is not null
     join plan_versions v on v.plan_version_id = p.plan_version_id
     where p.lane = $1 and p.customer_id = $2 and p.subscription_id = $3 and p.starts_at <= $4 and p.ends_at > $4
       and p.state = 'open'`,
    [lane, customerId, subscriptionId, now],
  );
  return row ?? null;
}
