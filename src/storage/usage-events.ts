import { createHash } from 'node:crypto';

import type { CustomerKey } from '../domain/customer.ts';
import type { Dimensions } from '../domain/rating.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

/** 16 bytes of the event id's SHA-256, written as a UUID: what usage is deduplicated by, for ever. */
export function eventHash(eventId: string): string {
  const hex = createHash('sha256').update(eventId).digest('hex').slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export interface KnownUsage {
  readonly customerId: string;
  readonly source: string;
  readonly eventHash: string;
  readonly usageEventId: string;
  readonly action: string;
  readonly occurredAt: Date;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Dimensions;
  readonly credits: bigint;
  readonly outcome: 'applied' | 'unfunded' | 'observed';
}

/** Which of these events were stored before, with what they said then. */
export async function knownUsage(
  on: Database | Transaction,
  wanted: readonly (CustomerKey & { readonly source: string; readonly eventHash: string })[],
): Promise<readonly KnownUsage[]> {
  const lanes = wanted.map(({ lane }) => lane);
  return query<KnownUsage>(
    on,
    `select k.customer_id as "customerId", k.source, k.event_hash as "eventHash", e.usage_event_id as "usageEventId",
       e.action, e.occurred_at as "occurredAt", e.quantities, e.dimensions, e.credits, e.outcome
     from usage_event_keys k
     join unnest($1::smallint[], $2::uuid[], $3::text[], $4::uuid[]) as w (lane, customer_id, source, event_hash)
       using (lane, customer_id, source, event_hash)
     join usage_events e using (lane, customer_id, usage_event_id)
     where k.lane = any ($5::smallint[]) and e.lane = any ($5)`,
    [
      lanes,
      wanted.map(({ customerId }) => customerId),
      wanted.map(({ source }) => source),
      wanted.map((event) => event.eventHash),
      [...new Set(lanes)],
    ],
  );
}
