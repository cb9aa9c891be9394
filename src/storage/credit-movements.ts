// Stripe's own books of credit grants, mirrored whole: what each invoice took, and what a void gave back.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { execute, query } from './query.ts';

const RECENT = 500;

/** Ids of the newest movements that are mirrored: a listing, newest first, may stop at any of them. */
export async function recentMovementIds(db: Database, key: CustomerKey): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select transaction_id as id from credit_balance_transactions where lane = $1 and customer_id = $2
     order by effective_at desc limit $3`,
    [key.lane, key.customerId, RECENT],
  );
  return new Set(rows.map(({ id }) => id));
}

export interface StoredMovement {
  readonly id: string;
  readonly stripeGrantId: string;
  readonly type: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly effectiveAt: Date;
  readonly object: object;
}

/** Stores movements all together, so that a known one means that all older ones are known. */
export async function storeMovements(
  db: Database,
  key: CustomerKey,
  movements: readonly StoredMovement[],
): Promise<void> {
  if (movements.length === 0) return;
  await execute(
    db,
    `insert into credit_balance_transactions (lane, customer_id, transaction_id, stripe_grant_id, type, amount_minor,
       currency, invoice_id, effective_at, object)
     select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
       $9::timestamptz[], $10::jsonb[])
     on conflict do nothing`,
    [
      key.lane,
      key.customerId,
      movements.map(({ id }) => id),
      movements.map(({ stripeGrantId }) => stripeGrantId),
      movements.map(({ type }) => type),
      movements.map(({ amountMinor }) => amountMinor),
      movements.map(({ currency }) => currency),
      movements.map(({ invoiceId }) => invoiceId),
      movements.map(({ effectiveAt }) => effectiveAt),
      movements.map(({ object }) => JSON.stringify(object)),
    ],
  );
}
