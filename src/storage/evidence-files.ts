// Files that prove an explanation or a correction: written once, in one statement, never changed.
import type { CustomerKey } from '../domain/customer.ts';
import { laneOfId } from '../domain/lane-id.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface EvidenceFile extends CustomerKey {
  readonly evidenceId: string;
  readonly varianceId: string;
  readonly name: string;
  readonly contentType: string;
  readonly byteCount: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly uploadedBy: string;
  readonly uploadedAt: Date;
}

const COLUMNS = `lane, customer_id as "customerId", evidence_id as "evidenceId", variance_id as "varianceId", name,
  content_type as "contentType", byte_count as "byteCount", sha256, uploaded_by as "uploadedBy", uploaded_at as "uploadedAt"`;

export async function insertEvidence(trx: Transaction, file: EvidenceFile, content: Buffer): Promise<void> {
  await execute(
    trx,
    `insert into evidence_files (lane, customer_id, evidence_id, variance_id, name, content_type, byte_count, sha256,
       content, uploaded_by, uploaded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      file.lane,
      file.customerId,
      file.evidenceId,
      file.varianceId,
      file.name,
      file.contentType,
      file.byteCount,
      file.sha256,
      content,
      file.uploadedBy,
      file.uploadedAt,
    ],
  );
}

/** Without their contents, in the order in which they came. */
export async function evidenceOf(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  varianceId: string,
): Promise<readonly EvidenceFile[]> {
  return query<EvidenceFile>(
    on,
    `select ${COLUMNS} from evidence_files
     where lane = $1 and customer_id = $2 and variance_id = $3 order by uploaded_at, evidence_id`,
    [lane, customerId, varianceId],
  );
}

/** Null when no file has this id. */
export async function readEvidence(
  db: Database,
  evidenceId: string,
): Promise<(EvidenceFile & { readonly content: Buffer }) | null> {
  const lane = laneOfId(evidenceId);
  if (lane === null) return null;
  const [row] = await query<EvidenceFile & { content: Buffer }>(
    db,
    `select ${COLUMNS}, content from evidence_files where lane = $1 and evidence_id = $2`,
    [lane, evidenceId],
  );
  return row ?? null;
}
