// The inbox: each Stripe event is stored once, for ever; applied under a lease; parked when it cannot be applied.
import type { StripeEvent } from '../domain/stripe-event.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface LeasedEvent extends StripeEvent {
  /** The attempt now running, the first is 1. */
  readonly attempts: number;
  readonly leaseNo: number;
}

/** Stores an event unless it is known, and returns whether it was new. */
export async function storeStripeEvent(
  db: Database | Transaction,
  event: StripeEvent,
  via: 'webhook' | 'gap_filler',
): Promise<boolean> {
  const stored = await execute(
    db,
    `insert into stripe_events (event_id, type, object_id, livemode, api_version, created_at, received_at, payload, via,
       state, next_at)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7, $8, 'received', clock_timestamp())
     on conflict (event_id) do nothing`,
    [event.eventId, event.type, event.objectId, event.livemode, event.apiVersion, event.createdAt, event.payload, via],
  );
  return stored === 1;
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
     returning e.event_id as "eventId", e.type, e.object_id as "objectId", e.livemode, e.api_version as "apiVersion",
       e.created_at as "createdAt", e.payload, e.attempts, e.lease_no as "leaseNo"`,
    [limit, leaseSeconds],
  );
}

/** Ends an event's life in the inbox; false when its lease was lost and another worker has it. */
export async function finishStripeEvent(
  db: Database | Transaction,
  event: LeasedEvent,
  { state, outcome }: { readonly state: 'applied' | 'ignored' | 'parked'; readonly outcome: string },
): Promise<boolean> {
  const finished = await execute(
    db,
    `update stripe_events set state = $3, outcome = $4, lease_until = null, finished_at = clock_timestamp()
     where event_id = $1 and lease_no = $2 and state = 'received'`,
    [event.eventId, event.leaseNo, state, outcome],
  );
  return finished === 1;
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
