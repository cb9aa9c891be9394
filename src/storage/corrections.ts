// Corrections of variances: read by the lane in their id, written whole. Constraints keep that none is posted by one pair
// of eyes where two were needed.
import type { Correction, CorrectionState } from '../domain/correction.ts';
import { EVERY_LANE, type CustomerKey } from '../domain/customer.ts';
import { laneOfId } from '../domain/lane-id.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

const SELECT = `select lane, customer_id as "customerId", correction_id as "correctionId", variance_id as "varianceId", state,
    debit, credit, currency, amount_minor as "amountMinor", effective_at as "effectiveAt", note, evidence,
    payload_hash as "payloadHash", limits, requester, requested_at as "requestedAt", lapses_at as "lapsesAt", approval,
    approver, decided_at as "decidedAt", comment, entry_id as "entryId"
  from variance_corrections`;

/** Null when there is none of this id. */
export async function readCorrection(on: Database | Transaction, correctionId: string): Promise<Correction | null> {
  return find(on, correctionId, '');
}

/** Locks it until the transaction ends. */
export async function lockCorrection(trx: Transaction, correctionId: string): Promise<Correction | null> {
  return find(trx, correctionId, 'for update');
}

async function find(
  on: Database | Transaction,
  correctionId: string,
  lock: '' | 'for update',
): Promise<Correction | null> {
  const lane = laneOfId(correctionId);
  if (lane === null) return null;
  const [row] = await query<Correction>(on, `${SELECT} where lane = $1 and correction_id = $2 ${lock}`, [
    lane,
    correctionId,
  ]);
  return row ?? null;
}

/** Those that were asked for on one variance, the newest first. */
export async function correctionsOf(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  varianceId: string,
): Promise<readonly Correction[]> {
  return query<Correction>(
    on,
    `${SELECT} where lane = $1 and customer_id = $2 and variance_id = $3 order by requested_at desc, correction_id desc`,
    [lane, customerId, varianceId],
  );
}

/** Of one state, or of all; those that wait the oldest first, others the newest first. */
export async function listCorrections(
  on: Database | Transaction,
  {
    state,
    limit,
    after = null,
  }: { readonly state: CorrectionState | null; readonly limit: number; readonly after?: string | null },
): Promise<readonly Correction[]> {
  const direction = state === 'waiting' ? 'asc' : 'desc';
  return query<Correction>(
    on,
    `${SELECT} where lane = any($1::smallint[]) and ($2::text is null or state = $2) and ($4::uuid is null
       or (requested_at, correction_id) ${direction === 'asc' ? '>' : '<'} (select a.requested_at, a.correction_id
         from variance_corrections a where a.lane = any($1::smallint[]) and a.correction_id = $4))
     order by requested_at ${direction}, correction_id ${direction} limit $3`,
    [EVERY_LANE, state, limit, after],
  );
}

export async function insertCorrection(trx: Transaction, correction: Correction): Promise<void> {
  const { lane, customerId, correctionId, varianceId, debit, credit, currency, amountMinor, effectiveAt } = correction;
  await execute(
    trx,
    `insert into variance_corrections (lane, customer_id, correction_id, variance_id, state, debit, credit, currency,
       amount_minor, effective_at, note, evidence, payload_hash, limits, requester, requested_at, lapses_at)
     values ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      lane,
      customerId,
      correctionId,
      varianceId,
      debit,
      credit,
      currency,
      amountMinor,
      effectiveAt,
      correction.note,
      correction.evidence,
      correction.payloadHash,
      JSON.stringify(correction.limits),
      correction.requester,
      correction.requestedAt,
      correction.lapsesAt,
    ],
  );
}

/** Writes what was decided; what was asked for stays. */
export async function decideCorrection(trx: Transaction, correction: Correction): Promise<void> {
  const { lane, customerId, correctionId, state, approval, approver, decidedAt, comment, entryId } = correction;
  await execute(
    trx,
    `update variance_corrections set state = $4, approval = $5, approver = $6, decided_at = $7, comment = $8, entry_id = $9
     where lane = $1 and customer_id = $2 and correction_id = $3`,
    [lane, customerId, correctionId, state, approval, approver, decidedAt, comment, entryId],
  );
}

/** Minor units that this person corrected alone since then. */
export async function correctedAlone(
  on: Database | Transaction,
  requester: string,
  { since, currency }: { readonly since: Date; readonly currency: string },
): Promise<bigint> {
  const [row] = await query<{ minor: bigint }>(
    on,
    `select coalesce(sum(amount_minor), 0)::bigint as minor from variance_corrections
     where lane = any($1::smallint[]) and requester = $2 and approval = 'within_limits' and decided_at > $3 and currency = $4`,
    [EVERY_LANE, requester, since, currency],
  );
  return row?.minor ?? 0n;
}

/** What the accounts stand at now; those that were never used stand at 0. */
export async function moneyBalances(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  { accounts, currency }: { readonly accounts: readonly string[]; readonly currency: string },
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await query<{ account: string; minor: bigint }>(
    on,
    `select kind as account, sum(balance)::bigint as minor from accounts
     where lane = $1 and customer_id = $2 and unit = $3 and kind = any($4::text[]) group by kind`,
    [lane, customerId, currency, accounts],
  );
  return new Map(rows.map(({ account, minor }) => [account, minor]));
}

/** How many wait for a second person. */
export async function countWaitingCorrections(on: Database | Transaction): Promise<number> {
  const [row] = await query<{ count: number }>(
    on,
    `select count(*)::integer as count from variance_corrections where lane = any($1::smallint[]) and state = 'waiting'`,
    [EVERY_LANE],
  );
  return row?.count ?? 0;
}
