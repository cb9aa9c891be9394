// How a message is sent by one worker at a time: a lease that runs out by PostgreSQL's own clock (a sandbox's clock may
// stand still), fenced by lease_no so that a worker that was away cannot finish what another one took over.
import { type CustomerKey, EVERY_LANE } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import type { OutboxQueue } from './outbox.ts';
import { execute, query } from './query.ts';

export interface LeasedMessage extends CustomerKey {
  readonly outboxId: bigint;
  readonly queue: OutboxQueue;
  readonly call: string;
  readonly subjectId: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly epoch: number;
  readonly attempts: number;
  readonly leaseNo: number;
  readonly billingPeriodId: string | null;
  /** Sent before, and nobody knows what became of it: also when its worker died in the middle. */
  readonly isUncertain: boolean;
  readonly firstSentAt: Date | null;
  /** Seconds since it was first sent, by the wall clock. */
  readonly ageSeconds: number;
  readonly outcome: string | null;
}

/** Only this customer's queue. */
export interface OutboxScope extends CustomerKey {
  readonly queue?: OutboxQueue;
}

const UNFINISHED = `state in ('pending', 'sending', 'unknown', 'parked')`;

/** The first unfinished message of every queue of one customer. */
const HEADS_OF_CUSTOMER = `heads as (
  select f.lane, f.customer_id, f.queue, f.outbox_id
  from unnest(array['grants', 'meter', 'documents']) as q (queue)
  cross join lateral (
    select lane, customer_id, queue, outbox_id from outbox
    where lane = any($1::smallint[]) and customer_id = $2::uuid and queue = q.queue and ${UNFINISHED}
    order by outbox_id limit 1) f
  where $3::text is null or q.queue = $3
)`;

/** The same of all customers: one step of the index per queue, however long the queues are. */
const HEADS = `recursive heads as (
  (select lane, customer_id, queue, outbox_id from outbox
   where ${UNFINISHED} and $2::uuid is null and $3::text is null
   order by lane, customer_id, queue, outbox_id limit 1)
  union all
  select f.lane, f.customer_id, f.queue, f.outbox_id
  from heads h
  cross join lateral (
    select lane, customer_id, queue, outbox_id from outbox
    where (lane, customer_id, queue) > (h.lane, h.customer_id, h.queue) and ${UNFINISHED}
    order by lane, customer_id, queue, outbox_id limit 1) f
)`;

/**
 * Leases the next message of as many (customer, queue) as there are, at most `limit`, those that wait longest first.
 * A message waits for every earlier unfinished one of its queue, parked ones included. A meter event also waits for all
 * grants of its customer that may still be sent, so that credits are at Stripe before the usage that they pay for; not
 * only for earlier ones, since a true-up that is earlier puts its grants at the end of their queue.
 */
export async function leaseMessages(
  db: Database,
  { limit, leaseSeconds, only }: { readonly limit: number; readonly leaseSeconds: number; readonly only?: OutboxScope },
): Promise<readonly LeasedMessage[]> {
  return query<LeasedMessage>(
    db,
    `with ${only === undefined ? HEADS : HEADS_OF_CUSTOMER}, next as (
       select o.lane, o.customer_id, o.outbox_id, o.first_sent_at is not null and o.state in ('sending', 'unknown') as uncertain
       from heads h
       join outbox o on o.lane = h.lane and o.customer_id = h.customer_id and o.outbox_id = h.outbox_id
       where o.lane = any($1::smallint[]) and o.state in ('pending', 'sending', 'unknown')
         and o.next_at <= clock_timestamp() and (o.state <> 'sending' or o.lease_until <= clock_timestamp())
         and not (o.queue = 'meter' and exists (
           select from outbox g
           where g.lane = o.lane and g.customer_id = o.customer_id and g.queue = 'grants'
             and g.state in ('pending', 'sending', 'unknown')))
       order by o.next_at, o.outbox_id
       limit $4
       for update of o skip locked
     )
     update outbox o set state = 'sending', lease_no = o.lease_no + 1, attempts = o.attempts + 1,
       lease_until = clock_timestamp() + make_interval(secs => $5)
     from next n
     where o.lane = any($1::smallint[]) and o.lane = n.lane and o.customer_id = n.customer_id and o.outbox_id = n.outbox_id
     returning o.lane, o.customer_id as "customerId", o.outbox_id as "outboxId", o.queue, o.call,
       o.subject_id as "subjectId", o.request, o.key, o.epoch, o.attempts, o.lease_no as "leaseNo",
       o.billing_period_id as "billingPeriodId", n.uncertain as "isUncertain", o.first_sent_at as "firstSentAt",
       coalesce(extract(epoch from clock_timestamp() - o.first_sent_at), 0)::float8 as "ageSeconds", o.outcome`,
    [only === undefined ? EVERY_LANE : [only.lane], only?.customerId ?? null, only?.queue ?? null, limit, leaseSeconds],
  );
}

/** Locks a leased message; false when the lease was lost to another worker. */
export async function holdsLease(trx: Transaction, message: LeasedMessage): Promise<boolean> {
  const rows = await query(
    trx,
    `select outbox_id from outbox
     where lane = $1 and customer_id = $2 and outbox_id = $3 and lease_no = $4 and state = 'sending' for update`,
    [message.lane, message.customerId, message.outboxId, message.leaseNo],
  );
  return rows.length === 1;
}

/** Stores what is about to be sent and under which epoch; false when the lease was lost. */
export async function storeRendered(
  db: Database | Transaction,
  message: LeasedMessage,
  { request, epoch }: { readonly request: Readonly<Record<string, unknown>>; readonly epoch: number },
): Promise<boolean> {
  const stored = await execute(
    db,
    `update outbox set request = $5, first_sent_at = case when epoch = $6 then coalesce(first_sent_at, clock_timestamp())
         else clock_timestamp() end, epoch = $6
     where lane = $1 and customer_id = $2 and outbox_id = $3 and lease_no = $4 and state = 'sending'`,
    [message.lane, message.customerId, message.outboxId, message.leaseNo, request, epoch],
  );
  return stored === 1;
}

const LEASED_ROWS = `unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::int[]) as m (lane, customer_id, outbox_id, lease_no)
     where o.lane = any($1::smallint[]) and o.lane = m.lane and o.customer_id = m.customer_id
       and o.outbox_id = m.outbox_id and o.lease_no = m.lease_no and o.state = 'sending'`;

function leasedRows(messages: readonly LeasedMessage[]) {
  return [
    messages.map(({ lane }) => lane),
    messages.map(({ customerId }) => customerId),
    messages.map(({ outboxId }) => outboxId),
    messages.map(({ leaseNo }) => leaseNo),
  ];
}

/** Notes that messages are about to be sent as they stand; returns those whose lease is still ours. */
export async function noteSent(db: Database, messages: readonly LeasedMessage[]): Promise<ReadonlySet<bigint>> {
  const rows = await query<{ outboxId: bigint }>(
    db,
    `update outbox o set first_sent_at = coalesce(o.first_sent_at, clock_timestamp())
     from ${LEASED_ROWS} returning o.outbox_id as "outboxId"`,
    leasedRows(messages),
  );
  return new Set(rows.map(({ outboxId }) => outboxId));
}

/** Ends messages that Stripe has taken; returns those whose lease was still ours. */
export async function finishMessages(db: Database, messages: readonly LeasedMessage[]): Promise<ReadonlySet<bigint>> {
  const rows = await query<{ outboxId: bigint }>(
    db,
    `update outbox o set state = 'done', outcome = null, lease_until = null, finished_at = clock_timestamp()
     from ${LEASED_ROWS} returning o.outbox_id as "outboxId"`,
    leasedRows(messages),
  );
  return new Set(rows.map(({ outboxId }) => outboxId));
}

/** Ends a message for good; false when the lease was lost. */
export async function finishMessage(
  trx: Database | Transaction,
  message: LeasedMessage,
  {
    state,
    stripeId = null,
    outcome = null,
  }: {
    readonly state: 'done' | 'refused' | 'cancelled';
    readonly stripeId?: string | null;
    readonly outcome?: string | null;
  },
): Promise<boolean> {
  const finished = await execute(
    trx,
    `update outbox set state = $5, stripe_id = $6, outcome = $7, lease_until = null, finished_at = clock_timestamp()
     where lane = $1 and customer_id = $2 and outbox_id = $3 and lease_no = $4 and state = 'sending'`,
    [message.lane, message.customerId, message.outboxId, message.leaseNo, state, stripeId, outcome],
  );
  return finished === 1;
}

/**
 * Gives a message back, to be tried again after a pause, or parks it. The pause is spread by up to a half, so that many
 * that failed together do not come back together. A lost lease changes nothing.
 */
export async function returnMessage(
  db: Database | Transaction,
  message: LeasedMessage,
  {
    state,
    afterSeconds,
    outcome,
    epoch,
    uncounted = false,
  }: {
    readonly state: 'pending' | 'unknown' | 'parked';
    readonly afterSeconds: number;
    readonly outcome: string;
    /** The next attempt's epoch, when it must not be answered with what Stripe stored for this one. */
    readonly epoch?: number;
    /** Nothing was sent: it was no attempt. */
    readonly uncounted?: boolean;
  },
): Promise<void> {
  await execute(
    db,
    `update outbox set state = $5, outcome = $6, lease_until = null, epoch = coalesce($8, epoch),
       parked_at = case when $5 = 'parked' then clock_timestamp() end, attempts = attempts - case when $9 then 1 else 0 end,
       next_at = clock_timestamp() + make_interval(secs => $7 * (1 + random() / 2))
     where lane = $1 and customer_id = $2 and outbox_id = $3 and lease_no = $4 and state = 'sending'`,
    [
      message.lane,
      message.customerId,
      message.outboxId,
      message.leaseNo,
      state,
      outcome,
      afterSeconds,
      epoch ?? null,
      uncounted,
    ],
  );
}
