// Credit grants as we want them at Stripe, and what Stripe took from them. left = amount − what invoices of final
// periods applied: an invoice that is not final here yet counts as if it had taken nothing, on both sides of the sum.
import type { CustomerKey } from '../domain/customer.ts';
import type { GrantState } from '../domain/grant-shaping.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface OpenGrant extends GrantState {
  readonly poolId: string;
  readonly stripeGrantId: string | null;
  readonly currency: string;
  readonly meteredPriceId: string;
  readonly amountMinor: bigint;
}

/** Grants that Stripe has or will have once the queue is sent, with what is left of each; one pool's or all. */
export async function openGrants(
  db: Database | Transaction,
  key: CustomerKey,
  poolId: string | null = null,
): Promise<readonly OpenGrant[]> {
  return query<OpenGrant>(
    db,
    `select g.credit_grant_id as "creditGrantId", g.pool_id as "poolId", g.stripe_grant_id as "stripeGrantId",
       g.currency, g.metered_price_id as "meteredPriceId", g.category, g.priority, g.effective_at as "effectiveAt",
       g.backstop_at as "backstopAt", g.amount_minor as "amountMinor", g.amount_minor - (
         select coalesce(sum(case t.type when 'credits_applied' then t.amount_minor else -t.amount_minor end), 0)
         from credit_balance_transactions t
         where t.lane = $1 and t.customer_id = $2 and t.stripe_grant_id = g.stripe_grant_id
           and (t.type = 'credits_application_invoice_voided' or (t.type = 'credits_applied'
             and exists (select from invoices i where i.lane = $1 and i.customer_id = $2
               and i.invoice_id = t.invoice_id and i.finalized_at is not null)
             and not exists (select from billing_periods p where p.lane = $1 and p.customer_id = $2
               and p.invoice_id = t.invoice_id and p.state <> 'final')))
       )::bigint as "leftMinor"
     from credit_grants g
     where g.lane = $1 and g.customer_id = $2 and ($3::uuid is null or g.pool_id = $3) and g.state in ('wanted', 'granted')
     order by g.credit_grant_id`,
    [key.lane, key.customerId, poolId],
  );
}

export interface StoredGrant {
  readonly creditGrantId: string;
  readonly poolId: string;
  readonly stripeGrantId: string | null;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly category: 'paid' | 'promotional';
  readonly priority: number;
  readonly meteredPriceId: string;
  readonly effectiveAt: Date;
  readonly backstopAt: Date | null;
  readonly state: 'wanted' | 'granted' | 'ending' | 'ended' | 'void';
  readonly lotIds: readonly string[];
}

/** One grant; throws when there is none: ids come from messages that were written with it. */
export async function creditGrant(
  db: Database | Transaction,
  key: CustomerKey,
  creditGrantId: string,
): Promise<StoredGrant> {
  const [row] = await query<StoredGrant>(
    db,
    `select g.credit_grant_id as "creditGrantId", g.pool_id as "poolId", g.stripe_grant_id as "stripeGrantId", g.currency,
       g.amount_minor as "amountMinor", g.category, g.priority, g.metered_price_id as "meteredPriceId",
       g.effective_at as "effectiveAt", g.backstop_at as "backstopAt", g.state, array(
         select l.lot_id::text from credit_grant_lots l
         where l.lane = $1 and l.customer_id = $2 and l.credit_grant_id = g.credit_grant_id order by l.lot_id) as "lotIds"
     from credit_grants g where g.lane = $1 and g.customer_id = $2 and g.credit_grant_id = $3`,
    [key.lane, key.customerId, creditGrantId],
  );
  if (row === undefined) throw new Error(`there is no credit grant ${creditGrantId}`);
  return row;
}

export interface NewStoredGrant {
  readonly creditGrantId: string;
  readonly poolId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly category: string;
  readonly priority: number;
  readonly meteredPriceId: string;
  readonly effectiveAt: Date;
  readonly backstopAt: Date | null;
  readonly lotIds: readonly string[];
}

export async function insertGrant(
  trx: Transaction,
  key: CustomerKey,
  grant: NewStoredGrant,
  createdAt: Date,
): Promise<void> {
  await execute(
    trx,
    `insert into credit_grants (lane, customer_id, credit_grant_id, pool_id, currency, amount_minor, category, priority,
       metered_price_id, effective_at, backstop_at, state, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'wanted', $12)`,
    [
      key.lane,
      key.customerId,
      grant.creditGrantId,
      grant.poolId,
      grant.currency,
      grant.amountMinor,
      grant.category,
      grant.priority,
      grant.meteredPriceId,
      grant.effectiveAt,
      grant.backstopAt,
      createdAt,
    ],
  );
  await execute(
    trx,
    `insert into credit_grant_lots (lane, customer_id, credit_grant_id, lot_id)
     select $1, $2, $3, lot_id from unnest($4::uuid[]) as l (lot_id)`,
    [key.lane, key.customerId, grant.creditGrantId, grant.lotIds],
  );
}

/** Stripe has it now. */
export async function markGranted(
  trx: Transaction,
  key: CustomerKey,
  creditGrantId: string,
  { stripeGrantId, effectiveAt }: { readonly stripeGrantId: string; readonly effectiveAt: Date },
): Promise<void> {
  await execute(
    trx,
    `update credit_grants set stripe_grant_id = $4, effective_at = $5,
       state = case when state = 'wanted' then 'granted' else state end
     where lane = $1 and customer_id = $2 and credit_grant_id = $3`,
    [key.lane, key.customerId, creditGrantId, stripeGrantId, effectiveAt],
  );
}

/** Moves a grant on: 'ending' once its end is asked for, 'granted' again when that was taken back. */
export async function setGrantState(
  trx: Transaction,
  key: CustomerKey,
  creditGrantId: string,
  state: 'granted' | 'ending' | 'ended' | 'void',
  endedAt: Date | null = null,
): Promise<void> {
  await execute(
    trx,
    `update credit_grants set state = $4, ended_at = $5 where lane = $1 and customer_id = $2 and credit_grant_id = $3`,
    [key.lane, key.customerId, creditGrantId, state, endedAt],
  );
}

export async function setBackstop(
  trx: Transaction,
  key: CustomerKey,
  creditGrantId: string,
  backstopAt: Date | null,
): Promise<void> {
  await execute(
    trx,
    `update credit_grants set backstop_at = $4 where lane = $1 and customer_id = $2 and credit_grant_id = $3`,
    [key.lane, key.customerId, creditGrantId, backstopAt],
  );
}

/** Grants whose backstop has passed: Stripe ended them by itself. */
export async function endLapsedGrants(trx: Transaction, key: CustomerKey, poolId: string, now: Date): Promise<void> {
  await execute(
    trx,
    `update credit_grants set state = 'ended', ended_at = backstop_at
     where lane = $1 and customer_id = $2 and pool_id = $3 and state = 'granted' and backstop_at <= $4`,
    [key.lane, key.customerId, poolId, now],
  );
}
