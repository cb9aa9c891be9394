import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export interface KeyedRequest extends CustomerKey {
  readonly operation: string;
  readonly key: string;
}

export interface EarlierAnswer extends KeyedRequest {
  readonly fingerprint: string;
  readonly effect: unknown;
}

/** The answers that these keys were given before; kept for ever. */
export async function earlierAnswers(
  on: Database | Transaction,
  wanted: readonly KeyedRequest[],
): Promise<readonly EarlierAnswer[]> {
  const lanes = wanted.map(({ lane }) => lane);
  return query<EarlierAnswer>(
    on,
    `select lane, customer_id as "customerId", operation, key, fingerprint, effect from idempotency_keys
     join unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[]) as w (lane, customer_id, operation, key)
       using (lane, customer_id, operation, key)
     where lane = any ($5::smallint[])`,
    [
      lanes,
      wanted.map(({ customerId }) => customerId),
      wanted.map(({ operation }) => operation),
      wanted.map(({ key }) => key),
      [...new Set(lanes)],
    ],
  );
}
