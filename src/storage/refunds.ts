// Stripe's refunds, mirrored whole: money that went back, with a credit note or without one.
import type { CustomerKey } from '../domain/customer.ts';
import type { Refund } from '../domain/refund.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** Stores a fetched refund; false, and nothing changed, when a later fetch is stored. */
export async function saveRefund(
  trx: Transaction,
  key: CustomerKey,
  { refund, fetchedAt }: { readonly refund: Refund; readonly fetchedAt: Date },
): Promise<boolean> {
  const saved = await execute(
    trx,
    `insert into refunds (lane, customer_id, refund_id, invoice_id, payment_intent_id, status, reason, amount_minor,
       currency, created_at, failed_at, failure_reason, object, fetched_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (lane, customer_id, refund_id) do update set status = excluded.status,
       failed_at = coalesce(refunds.failed_at, excluded.failed_at), failure_reason = excluded.failure_reason,
       object = excluded.object, fetched_at = excluded.fetched_at
     where refunds.fetched_at <= excluded.fetched_at`,
    [
      key.lane,
      key.customerId,
      refund.refundId,
      refund.invoiceId,
      refund.paymentIntentId,
      refund.status,
      refund.reason,
      refund.amountMinor,
      refund.currency,
      refund.createdAt,
      refund.failedAt,
      refund.failureReason,
      refund.object,
      fetchedAt,
    ],
  );
  return saved === 1;
}

export interface StoredRefund {
  readonly refundId: string;
  readonly invoiceId: string;
  readonly status: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly createdAt: Date;
  readonly failedAt: Date | null;
  readonly failureReason: string | null;
  /** The part that credit notes account for. */
  readonly notedMinor: bigint;
}

/** A customer's refunds, the oldest first; of one invoice, or all. */
export async function listRefunds(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  invoiceId: string | null = null,
): Promise<readonly StoredRefund[]> {
  return query<StoredRefund>(
    on,
    `select r.refund_id as "refundId", r.invoice_id as "invoiceId", r.status, r.amount_minor as "amountMinor", r.currency,
       r.created_at as "createdAt", r.failed_at as "failedAt", r.failure_reason as "failureReason",
       coalesce((
         select sum((linked ->> 'amount_refunded')::bigint) from credit_notes c
         cross join lateral jsonb_array_elements(c.object -> 'refunds') linked
         where c.lane = $1 and c.customer_id = $2 and c.invoice_id = r.invoice_id and c.status <> 'void'
           and linked ->> 'refund' = r.refund_id), 0)::bigint as "notedMinor"
     from refunds r where r.lane = $1 and r.customer_id = $2 and ($3::text is null or r.invoice_id = $3)
     order by r.created_at, r.refund_id`,
    [lane, customerId, invoiceId],
  );
}

/** Notes of an invoice that are mirrored already. */
export async function mirroredNoteIds(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  invoiceId: string,
): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    on,
    `select credit_note_id as id from credit_notes where lane = $1 and customer_id = $2 and invoice_id = $3`,
    [lane, customerId, invoiceId],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whether a credit note that was asked for here accounts for this refund. */
export async function isNotedByUs(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  refundId: string,
): Promise<boolean> {
  const rows = await query(
    trx,
    `select 1 from credit_notes c cross join lateral jsonb_array_elements(c.object -> 'refunds') linked
     where c.lane = $1 and c.customer_id = $2 and linked ->> 'refund' = $3
       and c.object -> 'metadata' ->> 'creditpool_request' is not null`,
    [lane, customerId, refundId],
  );
  return rows.length > 0;
}
