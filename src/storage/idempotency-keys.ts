import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface KeyedRequest extends CustomerKey {
  readonly operation: string;
  readonly key: string;
}

export interface EarlierAnswer extends KeyedRequest {
  readonly fingerprint: string;
  readonly effect: unknown;
}

/** The answers that these keys were given before; kept for ever. Key by key, for the reason of `knownUsage`. */
export async function earlierAnswers(
  on: Database | Transaction,
  wanted: readonly KeyedRequest[],
): Promise<readonly EarlierAnswer[]> {
  const lanes = wanted.map(({ lane }) => lane);
  return query<EarlierAnswer>(
    on,
    `select w.lane, w.customer_id as "customerId", w.operation, w.key, a.fingerprint, a.effect
     from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[]) as w (lane, customer_id, operation, key)
     cross join lateral (
       select i.fingerprint, i.effect from idempotency_keys i
       where i.lane = any ($5::smallint[]) and i.lane = w.lane and i.customer_id = w.customer_id
         and i.operation = w.operation and i.key = w.key
       offset 0
     ) a`,
    [
      lanes,
      wanted.map(({ customerId }) => customerId),
      wanted.map(({ operation }) => operation),
      wanted.map(({ key }) => key),
      [...new Set(lanes)],
    ],
  );
}

/** Keeps the answer of a key for ever. The caller has looked the key up under the customer's lock. */
export async function insertAnswer(
  trx: Transaction,
  key: CustomerKey,
  answer: {
    readonly operation: string;
    readonly key: string;
    readonly fingerprint: string;
    readonly effect: Readonly<Record<string, unknown>>;
    readonly at: Date;
  },
): Promise<void> {
  await execute(
    trx,
    `insert into idempotency_keys (lane, customer_id, operation, key, fingerprint, effect, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [key.lane, key.customerId, answer.operation, answer.key, answer.fingerprint, answer.effect, answer.at],
  );
}
