// Segments of customers, and whose terms are pinned.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export async function saveSegment(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { segment, by, at }: { readonly segment: string; readonly by: string; readonly at: Date },
): Promise<void> {
  await execute(
    trx,
    `insert into customer_segments (lane, customer_id, segment, set_by, set_at) values ($1, $2, $3, $4, $5)
     on conflict (lane, customer_id) do update set segment = excluded.segment, set_by = excluded.set_by, set_at = excluded.set_at`,
    [lane, customerId, segment, by, at],
  );
}

export async function readSegment(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<string | null> {
  const [row] = await query<{ segment: string }>(
    on,
    `select segment from customer_segments where lane = $1 and customer_id = $2`,
    [lane, customerId],
  );
  return row?.segment ?? null;
}

/** The rollout that is under way for a customer: it planned his move, and he has not made it yet; null: none. */
export async function openRolloutOf(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<string | null> {
  const [row] = await query<{ name: string }>(
    on,
    `select g.name from plan_migration_members m join plan_migrations g using (plan_migration_id)
     where m.lane = $1 and m.customer_id = $2 and m.state in ('scheduling', 'scheduled') and g.state <> 'done' limit 1`,
    [lane, customerId],
  );
  return row?.name ?? null;
}

/** Keeps a customer on the plan version that he has; false where he has none. */
export async function pinTerms(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  pin: { readonly until: string | null; readonly reason: string; readonly by: string; readonly at: Date },
): Promise<boolean> {
  const kept = await execute(
    trx,
    `insert into legacy_terms (lane, customer_id, plan_version_id, until, reason, pinned_by, pinned_at)
     select lane, customer_id, plan_version_id, $3::date, $4, $5, $6 from subscriptions
     where lane = $1 and customer_id = $2 and plan_version_id is not null and status in ('active', 'trialing', 'past_due')
     order by billing_anchor desc limit 1
     on conflict (lane, customer_id) do update set plan_version_id = excluded.plan_version_id, until = excluded.until,
       reason = excluded.reason, pinned_by = excluded.pinned_by, pinned_at = excluded.pinned_at`,
    [lane, customerId, pin.until, pin.reason, pin.by, pin.at],
  );
  return kept === 1;
}

export async function unpinTerms(trx: Transaction, { lane, customerId }: CustomerKey): Promise<boolean> {
  return (
    (await execute(trx, `delete from legacy_terms where lane = $1 and customer_id = $2`, [lane, customerId])) === 1
  );
}
