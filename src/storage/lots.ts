import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

/** Which of these sources have opened a lot already, spent ones included. */
export async function openedSources(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  sourceType: string,
  sourceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await query<{ sourceId: string }>(
    on,
    `select source_id as "sourceId" from lots
     where lane = $1 and customer_id = $2 and source_type = $3 and source_id = any ($4::text[])`,
    [lane, customerId, sourceType, sourceIds],
  );
  return new Set(rows.map(({ sourceId }) => sourceId));
}
