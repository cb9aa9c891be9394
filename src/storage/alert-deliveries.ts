// What is still to be told, by a lease that runs out by PostgreSQL's own clock.
import type { AlertKind } from '../domain/alert.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { HookName } from '../domain/hook.ts';
import type { Database } from './database.ts';
import { execute, query } from './query.ts';

export interface DueDelivery<Channel extends string = 'webhook' | 'mail' | 'log' | 'hook'> extends CustomerKey {
  readonly deliveryId: string;
  readonly alertId: string;
  readonly channel: Channel;
  /** Of a delivery to a function of the host. */
  readonly hook: HookName | null;
  readonly attempts: number;
  readonly kind: AlertKind;
  readonly data: Readonly<Record<string, unknown>>;
  readonly raisedAt: Date;
  readonly email: string | null;
  readonly stripeCustomerId: string | null;
  readonly externalId: string | null;
  readonly endpointId: string | null;
  readonly url: string | null;
  readonly endpointState: 'active' | 'disabled' | null;
  /** Sealed; the one before it as long as it still signs. */
  readonly secret: Buffer | null;
  readonly previousSecret: Buffer | null;
}

const LEASE_SECONDS = 60;

/** Takes deliveries that are due and that any process can make; another replica leaves them alone for a minute. */
export async function leaseDeliveries(
  db: Database,
  limit: number,
): Promise<readonly DueDelivery<'webhook' | 'mail' | 'log'>[]> {
  return query<DueDelivery<'webhook' | 'mail' | 'log'>>(db, leased(`channel <> 'hook'`), [limit]);
}

/** Takes deliveries to hooks that this process has. */
export async function leaseForHooks(
  db: Database,
  hooks: readonly HookName[],
  limit: number,
): Promise<readonly (DueDelivery<'hook'> & { readonly hook: HookName })[]> {
  return query(db, leased(`channel = 'hook' and hook = any ($2::text[])`), [limit, hooks]);
}

function leased(which: string): string {
  return `with due as (
       select lane, customer_id, delivery_id from alert_deliveries
       where lane between 0 and 63 and state = 'pending' and ${which} and next_at <= clock_timestamp()
         and (lease_until is null or lease_until < clock_timestamp())
       order by next_at limit $1 for update skip locked
     ), leased as (
       update alert_deliveries d set attempts = d.attempts + 1, lease_until = clock_timestamp() + interval '${LEASE_SECONDS} seconds'
       from due where d.lane between 0 and 63 and d.lane = due.lane and d.customer_id = due.customer_id
         and d.delivery_id = due.delivery_id
       returning d.*
     )
     select l.lane, l.customer_id as "customerId", l.delivery_id as "deliveryId", l.alert_id as "alertId", l.channel,
       l.hook, l.attempts, a.kind, a.data, a.raised_at as "raisedAt", c.email, c.stripe_customer_id as "stripeCustomerId",
       c.external_id as "externalId", l.endpoint_id as "endpointId", e.url, e.state as "endpointState", e.secret,
       case when e.previous_until > clock_timestamp() then e.previous_secret end as "previousSecret"
     from leased l
     join alerts a on a.lane = l.lane and a.customer_id = l.customer_id and a.alert_id = l.alert_id
     left join customers c on c.lane = l.lane and c.customer_id = l.customer_id and c.lane between 0 and 63
     left join webhook_endpoints e on e.endpoint_id = l.endpoint_id
     where a.lane between 0 and 63
     order by a.raised_at, l.delivery_id`;
}

export interface DeliveryEnd {
  readonly state: 'sent' | 'skipped' | 'parked' | 'pending';
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly outcome: string | null;
  /** Until the next try, of one that is still pending. */
  readonly afterSeconds: number;
}

/** Notes how a try went, and what it says about the endpoint. */
export async function finishDelivery(
  db: Database,
  { lane, customerId, deliveryId, endpointId }: DueDelivery,
  { state, responseStatus, responseBody, outcome, afterSeconds }: DeliveryEnd,
): Promise<void> {
  await execute(
    db,
    `update alert_deliveries set state = $4, response_status = $5, response_body = $6, outcome = $7, lease_until = null,
       next_at = clock_timestamp() + make_interval(secs => $8),
       finished_at = case when $4 = 'pending' then null else clock_timestamp() end
     where lane = $1 and customer_id = $2 and delivery_id = $3 and state = 'pending'`,
    [lane, customerId, deliveryId, state, responseStatus, responseBody, outcome, afterSeconds],
  );
  if (endpointId === null) return;
  await execute(
    db,
    state === 'sent'
      ? `update webhook_endpoints set failing_since = null where endpoint_id = $1 and failing_since is not null`
      : `update webhook_endpoints set failing_since = coalesce(failing_since, clock_timestamp()) where endpoint_id = $1`,
    [endpointId],
  );
}

/** Endpoints that have failed for five days are told nothing more until somebody turns them on again. */
export async function disableFailingEndpoints(db: Database): Promise<number> {
  return execute(
    db,
    `update webhook_endpoints set state = 'disabled', disabled_at = clock_timestamp(),
       disabled_because = 'failed for five days'
     where state = 'active' and failing_since < clock_timestamp() - interval '5 days'`,
  );
}

/** Tries a delivery that was parked, skipped or sent once more; false where there is none of this id. */
export async function resendDelivery(db: Database, deliveryId: string): Promise<boolean> {
  const reset = await execute(
    db,
    `update alert_deliveries set state = 'pending', attempts = 0, next_at = clock_timestamp(), finished_at = null
     where lane between 0 and 63 and delivery_id = $1 and state <> 'pending'`,
    [deliveryId],
  );
  return reset > 0;
}

export interface ParkedDelivery extends CustomerKey {
  readonly deliveryId: string;
  readonly alertId: string;
  readonly channel: string;
  readonly endpointId: string | null;
  readonly hook: string | null;
  readonly attempts: number;
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly outcome: string | null;
  readonly createdAt: Date;
}

/** Deliveries that were given up, the newest first. */
export async function parkedDeliveries(
  db: Database,
  limit: number,
  after: string | null = null,
): Promise<readonly ParkedDelivery[]> {
  return query<ParkedDelivery>(
    db,
    `select lane, customer_id as "customerId", delivery_id as "deliveryId", alert_id as "alertId", channel,
       endpoint_id as "endpointId", hook, attempts, response_status as "responseStatus", response_body as "responseBody",
       outcome, created_at as "createdAt"
     from alert_deliveries where lane between 0 and 63 and state = 'parked' and ($2::uuid is null
       or (created_at, delivery_id) < (select a.created_at, a.delivery_id from alert_deliveries a
         where a.lane between 0 and 63 and a.delivery_id = $2))
     order by created_at desc, delivery_id desc limit $1`,
    [limit, after],
  );
}
