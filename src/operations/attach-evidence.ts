// Files that prove an explanation or a correction: taken in whole or not at all.
import { createHash } from 'node:crypto';

import { evidenceType } from '../domain/evidence-file.ts';
import { withLane } from '../domain/lane-id.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import { type Database, transaction, type Transaction } from '../storage/database.ts';
import { type EvidenceFile, evidenceOf, insertEvidence, readEvidence } from '../storage/evidence-files.ts';
import { readVariance, type StoredVariance } from '../storage/variance-decisions.ts';
import type { Deps } from './deps.ts';
import { type Acting, audit, permitted } from './operators/acting.ts';

export interface NewEvidence {
  readonly varianceId: string;
  readonly name: string;
  /** The type that the sender claims; null: its name says so. */
  readonly type: string | null;
  /** At most `EVIDENCE_BYTES_MAX` are kept; the shells stop reading there. */
  readonly content: Buffer;
}

/** Keeps a file for a variance. The same content under the same name is kept once. */
export async function attachEvidence(
  deps: Deps,
  acting: Acting,
  { varianceId, name, type: claimed, content }: NewEvidence,
): Promise<EvidenceFile | Refused> {
  const type = evidenceType({ name, type: claimed }, content);
  if (typeof type !== 'string') return type;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'variance.explain');
    if ('rejected' in actor) return actor;
    const variance = await readVariance(trx, varianceId);
    if (variance === null) return unknownVariance();
    const sha256 = createHash('sha256').update(content).digest('hex');
    const kept = (await evidenceOf(trx, variance, varianceId)).find(
      (one) => one.sha256 === sha256 && one.name === name,
    );
    if (kept !== undefined) return kept;
    const file: EvidenceFile = {
      lane: variance.lane,
      customerId: variance.customerId,
      evidenceId: withLane(deps.newId(), variance.lane),
      varianceId,
      name,
      contentType: type,
      byteCount: content.length,
      sha256,
      uploadedBy: actor.subject,
      uploadedAt: await now(trx),
    };
    await insertEvidence(trx, file, content);
    await audit(deps, trx, actor, {
      action: 'variance.evidence_attached',
      objectType: 'variance',
      objectId: varianceId,
      customerId: variance.customerId,
      after: file,
    });
    return file;
  });
}

/** The files of a variance without their contents; null when there is no such variance. */
export async function listEvidence(
  deps: Pick<Deps, 'db'>,
  varianceId: string,
): Promise<readonly EvidenceFile[] | Refused> {
  const variance = await readVariance(deps.db, varianceId);
  return variance === null ? unknownVariance() : evidenceOf(deps.db, variance, varianceId);
}

/** One file as it was handed in. */
export async function fetchEvidence(
  deps: Pick<Deps, 'db'>,
  evidenceId: string,
): Promise<(EvidenceFile & { readonly content: Buffer }) | Refused> {
  return (await readEvidence(deps.db, evidenceId)) ?? unknownEvidence();
}

/** Evidence that is named by its id has to be a file of this very variance. */
export async function refusedEvidenceId(
  on: Database | Transaction,
  variance: StoredVariance,
  evidenceId: string | null,
): Promise<Refused | null> {
  if (evidenceId === null) return null;
  const files = await evidenceOf(on, variance, variance.varianceId);
  return files.some((file) => file.evidenceId === evidenceId) ? null : unknownEvidence();
}

export function unknownVariance(): Refused {
  return refuse('unknown_variance', 'there is no variance of this id (var_…); list them to see which there are');
}

function unknownEvidence(): Refused {
  return refuse('unknown_evidence', 'no file of this variance has this id (evidence_…)', { param: 'evidence' });
}
