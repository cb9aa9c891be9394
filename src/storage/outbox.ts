// Messages for Stripe, written in the transaction of their cause. Sending them is relay-outbox's; leases are outbox-lease's.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { execute, query } from './query.ts';

export type OutboxQueue = 'meter' | 'grants' | 'documents';

export interface NewOutboxRow {
  readonly queue: OutboxQueue;
  /** What to do: 'meter_event', 'true_up', 'credit_grant.create', 'credit_note.create', 'invoice.finalize', … */
  readonly call: string;
  /** The object this is about, ours or Stripe's. */
  readonly subjectId: string;
  /** Stripe's parameters as far as they are known now; the relay completes and stores them before it sends. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Deterministic, unique per customer for ever; Stripe's idempotency key is made of it and the attempt epoch. */
  readonly key: string;
  readonly entryId?: string;
  readonly billingPeriodId?: string;
  /** Wall time before which nobody sends it. */
  readonly notBefore?: Date;
}

/** Writes a message beside its cause. A second message with the same key is the same message: nothing happens. */
export const enqueue = inStep(async (trx: Transaction, asks: readonly (readonly [CustomerKey, NewOutboxRow])[]) => {
  await enqueueAll(trx, asks);
  return asks.map(() => undefined);
});

async function enqueueAll(
  trx: Transaction,
  messages: readonly (readonly [CustomerKey, NewOutboxRow])[],
): Promise<void> {
  const column = <Value>(of: (row: NewOutboxRow) => Value): Value[] => messages.map(([, row]) => of(row));
  await execute(
    trx,
    `insert into outbox (lane, customer_id, queue, call, subject_id, request, key, entry_id, billing_period_id,
       state, next_at, created_at)
     select lane, customer_id, queue, call, subject_id, request, key, entry_id, billing_period_id, 'pending',
       coalesce(not_before, clock_timestamp()), clock_timestamp()
     from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::uuid[],
       $9::uuid[], $10::timestamptz[]) with ordinality
       as m (lane, customer_id, queue, call, subject_id, request, key, entry_id, billing_period_id, not_before, turn)
     order by turn
     on conflict (lane, customer_id, key) do nothing`,
    [
      messages.map(([{ lane }]) => lane),
      messages.map(([{ customerId }]) => customerId),
      column(({ queue }) => queue),
      column(({ call }) => call),
      column(({ subjectId }) => subjectId),
      column(({ request }) => JSON.stringify(request)),
      column(({ key }) => key),
      column(({ entryId }) => entryId ?? null),
      column(({ billingPeriodId }) => billingPeriodId ?? null),
      column(({ notBefore }) => notBefore ?? null),
    ],
  );
}

export interface TrueUpCause {
  readonly poolId: string;
  /** The entry that opened, changed or ended a lot, or made a period final. */
  readonly causeEntryId: string;
  readonly now: Date;
}

/**
 * Asks that a pool's credit grants at Stripe be made to fit its lots again. What is missing or too much is computed
 * when its turn in the queue comes, so any number of requests cost one computation.
 */
export async function requestTrueUp(trx: Transaction, key: CustomerKey, cause: TrueUpCause): Promise<void> {
  await enqueue(trx, key, trueUp(cause));
}

/** The same for many pools. */
export async function requestTrueUps(
  trx: Transaction,
  causes: readonly (readonly [CustomerKey, TrueUpCause])[],
): Promise<void> {
  if (causes.length === 0) return;
  await enqueueAll(
    trx,
    causes.map(([key, cause]) => [key, trueUp(cause)]),
  );
}

function trueUp({ poolId, causeEntryId, now }: TrueUpCause): NewOutboxRow {
  return {
    queue: 'grants',
    call: 'true_up',
    subjectId: poolId,
    request: { requested_at: now.toISOString() },
    key: `true_up/${causeEntryId}/${poolId}`,
  };
}

/** Drops later requests for the same pool: the computation that just ran has seen their causes. */
export async function supersedeTrueUps(trx: Transaction, key: CustomerKey, poolId: string, by: bigint): Promise<void> {
  await execute(
    trx,
    `update outbox set state = 'done', outcome = $5, finished_at = clock_timestamp()
     where lane = $1 and customer_id = $2 and queue = 'grants' and call = 'true_up' and subject_id = $3
       and state = 'pending' and outbox_id <> $4`,
    [key.lane, key.customerId, poolId, by, `with ${by}`],
  );
}

/** Messages of one customer that are not finished, in the order they will be sent. */
export interface UnfinishedMessage {
  readonly outboxId: bigint;
  readonly queue: OutboxQueue;
  readonly call: string;
  readonly subjectId: string;
  readonly state: 'pending' | 'sending' | 'unknown' | 'parked';
  readonly outcome: string | null;
}

export async function unfinishedMessages(
  db: Database | Transaction,
  key: CustomerKey,
  only: { readonly queue?: OutboxQueue; readonly billingPeriodId?: string } = {},
): Promise<readonly UnfinishedMessage[]> {
  return query<UnfinishedMessage>(
    db,
    `select outbox_id as "outboxId", queue, call, subject_id as "subjectId", state, outcome
     from outbox
     where lane = $1 and customer_id = $2 and state in ('pending', 'sending', 'unknown', 'parked')
       and ($3::text is null or queue = $3) and ($4::uuid is null or billing_period_id = $4)
     order by outbox_id`,
    [key.lane, key.customerId, only.queue ?? null, only.billingPeriodId ?? null],
  );
}

export interface OutboxMessage extends CustomerKey {
  readonly outboxId: bigint;
  readonly call: string;
  readonly state: string;
  readonly stripeId: string | null;
  readonly outcome: string | null;
}

/** The message with this key, to learn what became of it; null when there is none. */
export async function outboxMessage(
  db: Database | Transaction,
  key: CustomerKey,
  messageKey: string,
): Promise<OutboxMessage | null> {
  const [row] = await query<OutboxMessage>(
    db,
    `select lane, customer_id as "customerId", outbox_id as "outboxId", call, state, stripe_id as "stripeId", outcome
     from outbox where lane = $1 and customer_id = $2 and key = $3`,
    [key.lane, key.customerId, messageKey],
  );
  return row ?? null;
}
