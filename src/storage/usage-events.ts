import { hash } from 'node:crypto';

import type { CustomerKey } from '../domain/customer.ts';
import type { Dimensions } from '../domain/rating.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

/** 16 bytes of the event id's SHA-256, written as a UUID: what usage is deduplicated by, for ever. */
export function eventHash(eventId: string): string {
  const hex = hash('sha256', eventId, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
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

/**
 * Which of these events were stored before, with what they said then. Key by key: where a table has grown since its
 * statistics were taken, a plan for all keys at once compares each with each.
 */
export async function knownUsage(
  on: Database | Transaction,
  wanted: readonly { readonly customer: CustomerKey; readonly source: string; readonly eventHash: string }[],
): Promise<readonly KnownUsage[]> {
  const lanes = wanted.map(({ customer }) => customer.lane);
  return query<KnownUsage>(
    on,
    `select w.customer_id as "customerId", w.source, w.event_hash as "eventHash", e.usage_event_id as "usageEventId",
       e.action, e.occurred_at as "occurredAt", e.quantities, e.dimensions, e.credits, e.outcome
     from unnest($1::smallint[], $2::uuid[], $3::text[], $4::uuid[]) as w (lane, customer_id, source, event_hash)
     cross join lateral (
       select k.usage_event_id from usage_event_keys k
       where k.lane = any ($5::smallint[]) and k.lane = w.lane and k.customer_id = w.customer_id
         and k.source = w.source and k.event_hash = w.event_hash
       offset 0
     ) k
     cross join lateral (
       select u.* from usage_events u
       where u.lane = any ($5) and u.lane = w.lane and u.customer_id = w.customer_id
         and u.usage_event_id = k.usage_event_id
       offset 0
     ) e`,
    [
      lanes,
      wanted.map(({ customer }) => customer.customerId),
      wanted.map(({ source }) => source),
      wanted.map((event) => event.eventHash),
      [...new Set(lanes)],
    ],
  );
}
