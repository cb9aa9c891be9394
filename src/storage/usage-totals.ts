// Sums over a customer's usage and what Stripe told us of it.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface UsageTotals {
  readonly events: number;
  /** Micro-credits. */
  readonly credits: bigint;
}

/** Usage events that burned credits. */
export async function usageTotals(db: Database, { lane, customerId }: CustomerKey): Promise<UsageTotals> {
  const [row] = await query<{ events: number; credits: bigint }>(
    db,
    `select count(*)::int as events, coalesce(sum(credits), 0)::bigint as credits
     from usage_events where lane = $1 and customer_id = $2 and outcome = 'applied'`,
    [lane, customerId],
  );
  if (row === undefined) throw new Error('the usage query returned no row');
  return row;
}

/** Stripe events that changed something here. */
export async function appliedStripeEvents(db: Database): Promise<number> {
  const [row] = await query<{ applied: number }>(
    db,
    `select count(*)::int as applied from stripe_events where state = 'applied'`,
  );
  return row?.applied ?? 0;
}
