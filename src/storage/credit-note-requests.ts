// Credit notes that people asked for here: stored before Stripe hears of them, kept for ever, one per idempotency key.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { insertAnswer } from './idempotency-keys.ts';
import { execute, query } from './query.ts';

export interface CreditNoteRequest {
  readonly requestId: string;
  readonly invoiceId: string;
  readonly reason: string;
  readonly ticket: string;
  readonly requestedBy: string;
  readonly state: 'waiting' | 'issued' | 'refused';
  readonly creditNoteId: string | null;
  readonly outcome: string | null;
  readonly createdAt: Date;
  /** What it will come to, as it was decided. */
  readonly preview: RequestPreview;
}

/** Amounts as text: JSON has no integers of their size. */
export interface RequestPreview {
  readonly total_minor: string;
  readonly currency: string;
  readonly settlement: string;
  readonly preview_hash: string;
}

export type NewCreditNoteRequest = Omit<CreditNoteRequest, 'state' | 'creditNoteId' | 'outcome'> & {
  readonly request: Readonly<Record<string, unknown>>;
};

const OPERATION = 'credit_note.issue';

/** Stores a request with the key that names it. The caller has looked the key up under the customer's lock. */
export async function insertCreditNoteRequest(
  trx: Transaction,
  key: CustomerKey,
  request: NewCreditNoteRequest,
  named: { readonly idempotencyKey: string; readonly fingerprint: string },
): Promise<void> {
  await execute(
    trx,
    `insert into credit_note_requests (lane, customer_id, credit_note_request_id, invoice_id, reason, ticket,
       requested_by, request, preview, state, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10)`,
    [
      key.lane,
      key.customerId,
      request.requestId,
      request.invoiceId,
      request.reason,
      request.ticket,
      request.requestedBy,
      request.request,
      { ...request.preview },
      request.createdAt,
    ],
  );
  await insertAnswer(trx, key, {
    operation: OPERATION,
    key: named.idempotencyKey,
    fingerprint: named.fingerprint,
    effect: { credit_note_request_id: request.requestId },
    at: request.createdAt,
  });
}

/** What this key asked for before, and with which content. */
export async function requestOfKey(
  db: Database | Transaction,
  key: CustomerKey,
  idempotencyKey: string,
): Promise<{ readonly requestId: string; readonly fingerprint: string } | null> {
  const [row] = await query<{ requestId: string; fingerprint: string }>(
    db,
    `select effect ->> 'credit_note_request_id' as "requestId", fingerprint from idempotency_keys
     where lane = $1 and customer_id = $2 and operation = $3 and key = $4`,
    [key.lane, key.customerId, OPERATION, idempotencyKey],
  );
  return row ?? null;
}

export async function readCreditNoteRequest(
  db: Database | Transaction,
  key: CustomerKey,
  requestId: string,
): Promise<CreditNoteRequest | null> {
  const [row] = await query<CreditNoteRequest>(
    db,
    `${SELECT_REQUEST} where lane = $1 and customer_id = $2 and credit_note_request_id = $3`,
    [key.lane, key.customerId, requestId],
  );
  return row ?? null;
}

/** A request on this invoice whose outcome is not known yet. */
export async function waitingRequest(
  db: Database | Transaction,
  key: CustomerKey,
  invoiceId: string,
): Promise<CreditNoteRequest | null> {
  const [row] = await query<CreditNoteRequest>(
    db,
    `${SELECT_REQUEST} where lane = $1 and customer_id = $2 and invoice_id = $3 and state = 'waiting' limit 1`,
    [key.lane, key.customerId, invoiceId],
  );
  return row ?? null;
}

/** Whether a request that was not refused gives one of these usage events back. */
export async function requestNamingUsage(
  trx: Transaction,
  key: CustomerKey,
  usageEventIds: readonly string[],
): Promise<boolean> {
  const rows = await query(
    trx,
    `select 1 from credit_note_requests where lane = $1 and customer_id = $2 and state <> 'refused'
       and jsonb_exists_any(request -> 'reverseUsageEventIds', $3::text[]) limit 1`,
    [key.lane, key.customerId, usageEventIds],
  );
  return rows.length > 0;
}

/** Ends a request that waits; one that has ended stays as it is. */
export async function finishCreditNoteRequest(
  trx: Database | Transaction,
  key: CustomerKey,
  requestId: string,
  end: {
    readonly state: 'issued' | 'refused';
    readonly creditNoteId: string | null;
    readonly outcome: string | null;
    readonly at: Date;
  },
): Promise<void> {
  await execute(
    trx,
    `update credit_note_requests set state = $4, credit_note_id = $5, outcome = $6, finished_at = $7
     where lane = $1 and customer_id = $2 and credit_note_request_id = $3 and state = 'waiting'`,
    [key.lane, key.customerId, requestId, end.state, end.creditNoteId, end.outcome, end.at],
  );
}

export interface OwingRequest extends CustomerKey {
  readonly requestId: string;
  readonly reason: string;
  readonly ticket: string;
  readonly requestedBy: string;
  readonly usageEventIds: readonly string[];
  /** null: Stripe refused it. */
  readonly creditNoteId: string | null;
}

/** Requests that Stripe has answered and whose usage is not back yet, the oldest first. */
export async function requestsOwingUsage(db: Database, limit: number): Promise<readonly OwingRequest[]> {
  return query<OwingRequest>(
    db,
    `select r.lane, r.customer_id as "customerId", r.credit_note_request_id as "requestId", r.reason, r.ticket,
       r.requested_by as "requestedBy", coalesce(r.credit_note_id, m.stripe_id) as "creditNoteId",
       array(select jsonb_array_elements_text(r.request -> 'reverseUsageEventIds')) as "usageEventIds"
     from credit_note_requests r
     join outbox m on m.lane = r.lane and m.customer_id = r.customer_id
       and m.key = 'credit_note/' || r.credit_note_request_id
     where r.lane between 0 and 63 and r.state <> 'refused' and r.usage_reversed_at is null
       and r.request -> 'reverseUsageEventIds' is not null
       and (m.state = 'refused' or coalesce(r.credit_note_id, m.stripe_id) is not null)
     order by r.created_at limit $1`,
    [limit],
  );
}

/** Notes that the usage that a request names is back. */
export async function noteUsageReversed(
  on: Database | Transaction,
  key: CustomerKey,
  requestId: string,
  at: Date,
): Promise<void> {
  await execute(
    on,
    `update credit_note_requests set usage_reversed_at = $4
     where lane = $1 and customer_id = $2 and credit_note_request_id = $3 and usage_reversed_at is null`,
    [key.lane, key.customerId, requestId, at],
  );
}

const SELECT_REQUEST = `select credit_note_request_id as "requestId", invoice_id as "invoiceId", reason, ticket,
  requested_by as "requestedBy", state, credit_note_id as "creditNoteId", outcome, created_at as "createdAt", preview
  from credit_note_requests`;
