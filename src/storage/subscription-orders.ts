// What was asked for a subscription besides another plan or its end now, on its way until Stripe has done it.
import type { CustomerKey } from '../domain/customer.ts';
import type { SubscriptionOrderKind } from '../domain/subscription-order.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export type SubscriptionOrderState = 'flushing' | 'sent' | 'done' | 'refused';

export interface SubscriptionOrder extends CustomerKey {
  readonly subscriptionOrderId: string;
  readonly kind: SubscriptionOrderKind;
  /** Null of a start that Stripe has not made yet. */
  readonly subscriptionId: string | null;
  readonly request: Readonly<Record<string, unknown>>;
  readonly state: SubscriptionOrderState;
  readonly waitsFor: string | null;
  readonly requestedAt: Date;
  readonly endedAt: Date | null;
}

const COLUMNS = `lane, customer_id as "customerId", subscription_order_id as "subscriptionOrderId", kind,
  subscription_id as "subscriptionId", request, state, waits_for as "waitsFor", requested_at as "requestedAt",
  ended_at as "endedAt"`;

export interface NewSubscriptionOrder extends Pick<
  SubscriptionOrder,
  'subscriptionOrderId' | 'kind' | 'subscriptionId' | 'request'
> {
  readonly actor: string;
  readonly reason: string;
  readonly at: Date;
}

/** Keeps the order; false when another one for the same subscription is on its way. */
export async function insertSubscriptionOrder(
  trx: Transaction,
  key: CustomerKey,
  order: NewSubscriptionOrder,
): Promise<boolean> {
  const kept = await execute(
    trx,
    `insert into subscription_orders (lane, customer_id, subscription_order_id, kind, subscription_id, request, state,
       requested_by, reason, requested_at)
     values ($1, $2, $3, $4, $5, $6, 'flushing', $7, $8, $9) on conflict do nothing`,
    [
      key.lane,
      key.customerId,
      order.subscriptionOrderId,
      order.kind,
      order.subscriptionId,
      order.request,
      order.actor,
      order.reason,
      order.at,
    ],
  );
  return kept === 1;
}

/** The order for a subscription, or for a new one, that has not come to its end; null when there is none. */
export async function openSubscriptionOrder(
  db: Database | Transaction,
  key: CustomerKey,
  subscriptionId: string | null,
): Promise<SubscriptionOrder | null> {
  const [row] = await query<SubscriptionOrder>(
    db,
    `select ${COLUMNS} from subscription_orders
     where lane = $1 and customer_id = $2 and coalesce(subscription_id, '') = $3 and state in ('flushing', 'sent')`,
    [key.lane, key.customerId, subscriptionId ?? ''],
  );
  return row ?? null;
}

export async function readSubscriptionOrder(
  db: Database | Transaction,
  key: CustomerKey,
  subscriptionOrderId: string,
): Promise<SubscriptionOrder> {
  const [row] = await query<SubscriptionOrder>(
    db,
    `select ${COLUMNS} from subscription_orders where lane = $1 and customer_id = $2 and subscription_order_id = $3`,
    [key.lane, key.customerId, subscriptionOrderId],
  );
  if (row === undefined) throw new Error(`the subscription order ${subscriptionOrderId} was not kept`);
  return row;
}

/** Those that have not come to their end, oldest first. */
export async function openSubscriptionOrders(db: Database, limit: number): Promise<readonly SubscriptionOrder[]> {
  return query<SubscriptionOrder>(
    db,
    `select ${COLUMNS} from subscription_orders
     where lane between 0 and 63 and state in ('flushing', 'sent') order by requested_at limit $1`,
    [limit],
  );
}

export async function moveSubscriptionOrder(
  on: Database | Transaction,
  { lane, customerId, subscriptionOrderId }: SubscriptionOrder,
  to: {
    readonly state: SubscriptionOrderState;
    readonly waitsFor?: string | null;
    readonly subscriptionId?: string;
    readonly endedAt?: Date;
  },
): Promise<void> {
  await execute(
    on,
    `update subscription_orders set state = $4, waits_for = $5, subscription_id = coalesce(subscription_id, $6),
       ended_at = coalesce($7, ended_at)
     where lane = $1 and customer_id = $2 and subscription_order_id = $3`,
    [
      lane,
      customerId,
      subscriptionOrderId,
      to.state,
      to.waitsFor ?? null,
      to.subscriptionId ?? null,
      to.endedAt ?? null,
    ],
  );
}
