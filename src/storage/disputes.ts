// Stripe's disputes, mirrored whole. The latest fetch wins; what a bank has decided keeps the time at which we learned it.
import type { CustomerKey } from '../domain/customer.ts';
import type { Dispute } from '../domain/dispute.ts';
import { sum } from '../domain/money-postings.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

/** Stores a fetched dispute; null, and nothing changed, when a later fetch is stored. Answers when it was closed, if it is. */
export async function saveDispute(
  trx: Transaction,
  key: CustomerKey,
  {
    dispute,
    fetchedAt,
    closedAt,
  }: { readonly dispute: Dispute; readonly fetchedAt: Date; readonly closedAt: Date | null },
): Promise<{ readonly closedAt: Date | null } | null> {
  const [row] = await query<{ closedAt: Date | null }>(
    trx,
    `insert into disputes (lane, customer_id, dispute_id, invoice_id, charge_id, payment_intent_id, status, reason,
       amount_minor, currency, moved_minor, fee_minor, created_at, evidence_due_by, closed_at, object, fetched_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     on conflict (lane, customer_id, dispute_id) do update set status = excluded.status,
       amount_minor = excluded.amount_minor, moved_minor = excluded.moved_minor, fee_minor = excluded.fee_minor,
       evidence_due_by = excluded.evidence_due_by, object = excluded.object, fetched_at = excluded.fetched_at,
       closed_at = case when disputes.status = excluded.status then coalesce(disputes.closed_at, excluded.closed_at)
         else excluded.closed_at end
     where disputes.fetched_at <= excluded.fetched_at
     returning closed_at as "closedAt"`,
    [
      key.lane,
      key.customerId,
      dispute.disputeId,
      dispute.invoiceId,
      dispute.chargeId,
      dispute.paymentIntentId,
      dispute.status,
      dispute.reason,
      dispute.amountMinor,
      dispute.currency,
      sum(dispute.movements.map(({ amountMinor }) => amountMinor)),
      sum(dispute.movements.map(({ feeMinor }) => feeMinor)),
      dispute.createdAt,
      dispute.evidenceDueBy,
      closedAt,
      dispute.object,
      fetchedAt,
    ],
  );
  return row ?? null;
}

export interface StoredDispute {
  readonly disputeId: string;
  readonly invoiceId: string;
  readonly chargeId: string;
  readonly status: string;
  readonly reason: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What left and came back so far, in Stripe's sign. */
  readonly movedMinor: bigint;
  readonly feeMinor: bigint;
  readonly createdAt: Date;
  readonly evidenceDueBy: Date | null;
  readonly closedAt: Date | null;
}

/** A customer's disputes, the oldest first; of one invoice, or all. */
export async function listDisputes(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  invoiceId: string | null = null,
): Promise<readonly StoredDispute[]> {
  return query<StoredDispute>(
    on,
    `select dispute_id as "disputeId", invoice_id as "invoiceId", charge_id as "chargeId", status, reason,
       amount_minor as "amountMinor", currency, moved_minor as "movedMinor", fee_minor as "feeMinor",
       created_at as "createdAt", evidence_due_by as "evidenceDueBy", closed_at as "closedAt"
     from disputes where lane = $1 and customer_id = $2 and ($3::text is null or invoice_id = $3)
     order by created_at, dispute_id`,
    [lane, customerId, invoiceId],
  );
}
