// What stopped after its last attempt and waits for a person: messages for Stripe, and events from Stripe.
import { customerKey, type CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface ParkedMessage extends CustomerKey {
  readonly outboxId: bigint;
  readonly queue: string;
  readonly call: string;
  /** The object it is about, ours or Stripe's. */
  readonly subjectId: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly attempts: number;
  /** Stripe's last answer, or ours. */
  readonly outcome: string | null;
  readonly createdAt: Date;
  readonly firstSentAt: Date | null;
  readonly parkedAt: Date;
  /** Later messages of its customer and queue, which wait for it. */
  readonly waiting: number;
}

export interface ParkedStripeEvent {
  readonly eventId: string;
  readonly type: string;
  readonly objectId: string | null;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly createdAt: Date;
  readonly receivedAt: Date;
  readonly parkedAt: Date;
}

/** Oldest first: a parked message holds up the later ones of its customer and queue. */
export async function listParkedMessages(
  db: Database,
  limit: number,
  after: string | null = null,
): Promise<readonly ParkedMessage[]> {
  const rows = await query<Omit<ParkedMessage, 'lane'>>(
    db,
    `select customer_id as "customerId", outbox_id as "outboxId", queue, call, subject_id as "subjectId", request,
       attempts, outcome, created_at as "createdAt", first_sent_at as "firstSentAt",
       coalesce(parked_at, created_at) as "parkedAt", (
         select count(*)::int from outbox w
         where w.lane = o.lane and w.customer_id = o.customer_id and w.queue = o.queue and w.outbox_id > o.outbox_id
           and w.state in ('pending', 'sending', 'unknown', 'parked')) as waiting
     from outbox o where lane between 0 and 63 and state = 'parked' and ($2::bigint is null or outbox_id > $2)
     order by outbox_id limit $1`,
    [limit, after],
  );
  return rows.map((row) => ({ ...row, ...customerKey(row.customerId) }));
}

/** Gives a parked message a new life; its outcome is looked up first, since it may have reached Stripe. */
export async function retryParkedMessage(
  db: Database | Transaction,
  key: CustomerKey,
  outboxId: bigint,
): Promise<boolean> {
  const rows = await execute(
    db,
    `update outbox set state = 'unknown', attempts = 0, next_at = clock_timestamp(), lease_until = null, parked_at = null
     where lane = $1 and customer_id = $2 and outbox_id = $3 and state = 'parked'`,
    [key.lane, key.customerId, outboxId],
  );
  return rows === 1;
}

/** The same of all of a customer's, who was deleted at Stripe: what it refuses of his ends. */
export async function retryParkedOf(trx: Transaction, key: CustomerKey): Promise<void> {
  await execute(
    trx,
    `update outbox set state = 'unknown', attempts = 0, next_at = clock_timestamp(), lease_until = null, parked_at = null
     where lane = $1 and customer_id = $2 and state = 'parked'`,
    [key.lane, key.customerId],
  );
}

export async function listParkedStripeEvents(
  db: Database,
  limit: number,
  after: string | null = null,
): Promise<readonly ParkedStripeEvent[]> {
  return query<ParkedStripeEvent>(
    db,
    `select event_id as "eventId", type, object_id as "objectId", attempts, outcome, created_at as "createdAt",
       received_at as "receivedAt", coalesce(finished_at, received_at) as "parkedAt"
     from stripe_events where state = 'parked' and ($2::text is null
       or (received_at, event_id) > (select a.received_at, a.event_id from stripe_events a where a.event_id = $2))
     order by received_at, event_id limit $1`,
    [limit, after],
  );
}

/** Puts a parked event back into the inbox. */
export async function replayParkedStripeEvent(db: Database | Transaction, eventId: string): Promise<boolean> {
  const rows = await execute(
    db,
    `update stripe_events set state = 'received', attempts = 0, next_at = clock_timestamp(), lease_until = null,
       finished_at = null
     where event_id = $1 and state = 'parked'`,
    [eventId],
  );
  return rows === 1;
}

export async function findParkedMessage(
  db: Database | Transaction,
  outboxId: bigint,
): Promise<(CustomerKey & { readonly outboxId: bigint }) | null> {
  const [row] = await query<{ customerId: string }>(
    db,
    `select customer_id as "customerId" from outbox
     where lane between 0 and 63 and outbox_id = $1 and state = 'parked'`,
    [outboxId],
  );
  return row === undefined ? null : { ...customerKey(row.customerId), outboxId };
}
