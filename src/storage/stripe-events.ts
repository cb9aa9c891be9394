// The inbox: each Stripe event is stored once, for ever; applied under a lease; parked when it cannot be applied.
import type { StripeEvent, StripeNotice } from '../domain/stripe-event.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface LeasedEvent extends StripeNotice {
  /** The attempt now running, the first is 1. */
  readonly attempts: number;
  readonly leaseNo: number;
}

/** Stores the events that are not known yet, and returns the ids of those that were new. */
export async function storeStripeEvents(
  db: Database | Transaction,
  events: readonly StripeEvent[],
  via: 'webhook' | 'gap_filler',
): Promise<ReadonlySet<string>> {
  const column = <Value>(of: (event: StripeEvent) => Value): Value[] => events.map(of);
  const rows = await query<{ eventId: string }>(
    db,
    `insert into stripe_events (event_id, type, object_id, stripe_customer_id, invoice_id, livemode, api_version,
       created_at, received_at, payload, via, state, next_at)
     select e.event_id, e.type, e.object_id, e.stripe_customer_id, e.invoice_id, e.livemode, e.api_version,
       e.created_at, clock_timestamp(), e.payload, $10, 'received', clock_timestamp()
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[],
       $8::timestamptz[], $9::json[])
       as e (event_id, type, object_id, stripe_customer_id, invoice_id, livemode, api_version, created_at, payload)
     on conflict (event_id) do nothing
     returning event_id as "eventId"`,
    [
      column(({ eventId }) => eventId),
      column(({ type }) => type),
      column(({ objectId }) => objectId),
      column(({ stripeCustomerId }) => stripeCustomerId),
      column(({ invoiceId }) => invoiceId),
      column(({ livemode }) => livemode),
      column(({ apiVersion }) => apiVersion),
      column(({ createdAt }) => createdAt),
      column(({ body }) => body),
      via,
    ],
  );
  return new Set(rows.map(({ eventId }) => eventId));
}

/** Leases waiting events, those due longest first; events whose worker died come back when its lease has run out. */
export async function leaseStripeEvents(
  db: Database,
  { limit, leaseSeconds }: { readonly limit: number; readonly leaseSeconds: number },
): Promise<readonly LeasedEvent[]> {
  return query<LeasedEvent>(
    db,
    `with due as (
       select event_id from stripe_events
       where state = 'received' and next_at <= clock_timestamp()
         and (lease_until is null or lease_until <= clock_timestamp())
       order by next_at, event_id limit $1 for update skip locked
     )
     update stripe_events e set lease_no = e.lease_no + 1, attempts = e.attempts + 1,
       lease_until = clock_timestamp() + make_interval(secs => $2)
     from due where e.event_id = due.event_id
     returning e.event_id as "eventId", e.type, e.object_id as "objectId", e.stripe_customer_id as "stripeCustomerId",
       e.invoice_id as "invoiceId", e.livemode, e.api_version as "apiVersion", e.created_at as "createdAt", e.attempts,
       e.lease_no as "leaseNo"`,
    [limit, leaseSeconds],
  );
}

export interface FinishedEvent {
  readonly event: LeasedEvent;
  readonly state: 'applied' | 'ignored' | 'parked';
  readonly outcome: string;
}

/** Ends events' lives in the inbox; returns how many. One whose lease was lost is another worker's to end. */
export async function finishStripeEvents(
  db: Database | Transaction,
  finished: readonly FinishedEvent[],
): Promise<number> {
  if (finished.length === 0) return 0;
  return execute(
    db,
    `update stripe_events e set state = f.state, outcome = f.outcome, lease_until = null, finished_at = clock_timestamp()
     from unnest($1::text[], $2::int[], $3::text[], $4::text[]) as f (event_id, lease_no, state, outcome)
     where e.event_id = f.event_id and e.lease_no = f.lease_no and e.state = 'received'`,
    [
      finished.map(({ event }) => event.eventId),
      finished.map(({ event }) => event.leaseNo),
      finished.map(({ state }) => state),
      finished.map(({ outcome }) => outcome),
    ],
  );
}

/** Gives an event back to be tried again after a pause; a lost lease changes nothing. */
export async function returnStripeEvent(
  db: Database | Transaction,
  event: LeasedEvent,
  { afterSeconds, outcome }: { readonly afterSeconds: number; readonly outcome: string },
): Promise<void> {
  await execute(
    db,
    `update stripe_events set outcome = $3, lease_until = null, next_at = clock_timestamp() + make_interval(secs => $4)
     where event_id = $1 and lease_no = $2 and state = 'received'`,
    [event.eventId, event.leaseNo, outcome, afterSeconds],
  );
}

/** When Stripe first told of something about an object, by its own stamp; null when it has not, or not yet. */
export async function firstEventAt(
  on: Database | Transaction,
  { type, objectId }: { readonly type: string; readonly objectId: string },
): Promise<Date | null> {
  const [row] = await query<{ at: Date | null }>(
    on,
    `select min(created_at) as at from stripe_events where type = $1 and object_id = $2`,
    [type, objectId],
  );
  return row?.at ?? null;
}
