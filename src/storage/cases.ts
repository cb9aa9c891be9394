// Cases: read by the lane in their id, written whole. Constraints keep that none is released without its evidence.
import type { Limit } from '../domain/approval.ts';
import type { Case } from '../domain/case-record.ts';
import type { CaseState, Evidence } from '../domain/case.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { laneOfId } from '../domain/lane-id.ts';
import { toOutcome, toStored } from './case-outcome.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

interface CaseRow extends Omit<Case, 'evidence' | 'outcome' | 'limits'>, Evidence {
  readonly outcome: Readonly<Record<string, unknown>> | null;
  readonly limits: readonly Limit[] | null;
}

function toCase(row: CaseRow): Case {
  const { ticket, invoiceId, usageEventIds, lotId, stripeObject, explanation, outcome, limits, ...rest } = row;
  return {
    ...rest,
    evidence: { ticket, invoiceId, usageEventIds, lotId, stripeObject, explanation },
    outcome: outcome === null ? null : toOutcome(outcome),
    limits: limits ?? [],
  };
}

/** Null when there is no such case. */
export async function readCase(db: Database | Transaction, caseId: string): Promise<Case | null> {
  return find(db, caseId, '');
}

/** Locks it until the transaction ends. */
export async function lockCase(trx: Transaction, caseId: string): Promise<Case | null> {
  return find(trx, caseId, 'for update');
}

async function find(db: Database | Transaction, caseId: string, lock: '' | 'for update'): Promise<Case | null> {
  const lane = laneOfId(caseId);
  if (lane === null) return null;
  const [row] = await query<CaseRow>(db, `${SELECT} where lane = $1 and case_id = $2 ${lock}`, [lane, caseId]);
  return row === undefined ? null : toCase(row);
}

export interface CaseFilter {
  readonly states?: readonly CaseState[];
  readonly customer?: CustomerKey;
  readonly requester?: string;
  readonly ticket?: string;
  readonly order: 'newest' | 'oldest';
  /** The last case of the page before. */
  readonly after?: string;
}

/** In the order of their opening, `limit` at most. */
export async function listCases(
  db: Database | Transaction,
  { states, customer, requester, ticket, order, after }: CaseFilter,
  limit: number,
): Promise<readonly Case[]> {
  const [direction, beyond] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
  const rows = await query<CaseRow>(
    db,
    `${SELECT} where lane between $1 and $2 and ($3::uuid is null or customer_id = $3)
       and ($4::text[] is null or state = any ($4)) and ($5::text is null or requester = $5 or opened_by = $5)
       and ($6::text is null or ticket = $6)
       and ($7::uuid is null or (opened_at, case_id) ${beyond} (
         select c.opened_at, c.case_id from cases c where c.lane = $8 and c.case_id = $7))
     order by opened_at ${direction}, case_id ${direction} limit $9`,
    [
      customer?.lane ?? 0,
      customer?.lane ?? 63,
      customer?.customerId ?? null,
      states ?? null,
      requester ?? null,
      ticket ?? null,
      after ?? null,
      after === undefined ? null : laneOfId(after),
      limit,
    ],
  );
  return rows.map(toCase);
}

/** Stores a new case; false when something that happened at Stripe, its cause, has opened one before. */
export async function insertCase(trx: Transaction, one: Case, cause: string | null = null): Promise<boolean> {
  const rows = await execute(
    trx,
    `insert into cases (lane, customer_id, case_id, kind, state, stripe_object, opened_by, opened_at, cause)
     values ($1, $2, $3, $4, 'open', $5, $6, $7, $8)
     on conflict (lane, customer_id, stripe_object, cause) where cause is not null do nothing`,
    [one.lane, one.customerId, one.caseId, one.kind, one.evidence.stripeObject, one.openedBy, one.openedAt, cause],
  );
  if (rows === 1) await updateCase(trx, one);
  return rows === 1;
}

/** Writes a case that is locked; who opened it and when never changes. */
export async function updateCase(trx: Transaction, one: Case): Promise<void> {
  const { evidence } = one;
  const rows = await execute(
    trx,
    `update cases set kind = $4, state = $5, ticket = $6, invoice_id = $7, usage_event_ids = $8, lot_id = $9,
       stripe_object = $10, explanation = $11, outcome = $12, requester = $13, submitted_at = $14, lapses_at = $15,
       payload_hash = $16, preview = $17, limits = $18, approval = $19, approver = $20, approved_at = $21,
       approved_hash = $22, comment = $23, started_at = $24, finished_at = $25, result = $26, failure = $27, version = $28
     where lane = $1 and customer_id = $2 and case_id = $3`,
    [
      one.lane,
      one.customerId,
      one.caseId,
      one.kind,
      one.state,
      evidence.ticket,
      evidence.invoiceId,
      [...evidence.usageEventIds],
      evidence.lotId,
      evidence.stripeObject,
      evidence.explanation,
      one.outcome === null ? null : toStored(one.outcome),
      one.requester,
      one.submittedAt,
      one.lapsesAt,
      one.payloadHash,
      one.preview === null ? null : { ...one.preview },
      JSON.stringify(one.limits),
      one.approval,
      one.approver,
      one.approvedAt,
      one.approvedHash,
      one.comment,
      one.startedAt,
      one.finishedAt,
      one.result === null ? null : { ...one.result },
      one.failure,
      one.version,
    ],
  );
  if (rows !== 1) throw new Error(`case ${one.caseId} has vanished`);
}

const SELECT = `select lane, customer_id as "customerId", case_id as "caseId", kind, state, ticket,
  invoice_id as "invoiceId", usage_event_ids as "usageEventIds", lot_id as "lotId", stripe_object as "stripeObject",
  explanation, outcome, opened_by as "openedBy", opened_at as "openedAt", requester, submitted_at as "submittedAt",
  lapses_at as "lapsesAt", payload_hash as "payloadHash", preview, limits, approval, approver,
  approved_at as "approvedAt", approved_hash as "approvedHash", comment, started_at as "startedAt",
  finished_at as "finishedAt", result, failure, version from cases`;

/** Requests that nobody answered in time, and cases that were released and are not done. */
export async function dueCases(
  db: Database,
  at: Date,
  limit: number,
): Promise<{ readonly overdue: readonly string[]; readonly unfinished: readonly string[] }> {
  const rows = await query<{ caseId: string; state: CaseState }>(
    db,
    `select case_id as "caseId", state from cases
     where lane between 0 and 63
       and (state in ('approved', 'executing') or (state = 'waiting' and lapses_at <= $1))
     order by opened_at limit $2`,
    [at, limit],
  );
  const ids = (wanted: (state: CaseState) => boolean): readonly string[] =>
    rows.filter(({ state }) => wanted(state)).map(({ caseId }) => caseId);
  return { overdue: ids((state) => state === 'waiting'), unfinished: ids((state) => state !== 'waiting') };
}

/** How many stand in an unfinished state. */
export async function countCases(db: Database, state: 'open' | 'waiting' | 'executing'): Promise<number> {
  const [row] = await query<{ count: number }>(
    db,
    `select count(*)::integer as count from cases
     where lane between 0 and 63 and state = $1 and state in ('open', 'waiting', 'approved', 'executing')`,
    [state],
  );
  return row?.count ?? 0;
}
