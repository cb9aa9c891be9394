import { APPROVAL_MS } from '../../domain/approval.ts';
import type { Correction } from '../../domain/correction.ts';
import { withLane } from '../../domain/lane-id.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { lockAuthority } from '../../storage/approval-rules.ts';
import { now } from '../../storage/clock.ts';
import { correctionsOf, decideCorrection, insertCorrection } from '../../storage/corrections.ts';
import { lockCustomer } from '../../storage/customers.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { lockVariance, readVariance, type StoredVariance } from '../../storage/variance-decisions.ts';
import { unknownVariance } from '../attach-evidence.ts';
import type { Deps } from '../deps.ts';
import { type Acting, type Actor, audit, permitted } from '../operators/acting.ts';
import { postCorrection } from './decide-correction.ts';
import { type AskedCorrection, type CorrectionPreview, previewIn } from './preview-correction.ts';

export interface CorrectionRequest extends AskedCorrection {
  /** Of the preview that the requester looked at; another state of things is refused. */
  readonly payloadHash: string;
}

/**
 * Asks for the entry that was previewed. Within the requester's limits it is posted at once; above them it waits for a
 * second person. A second click finds what the first one did.
 */
export async function requestCorrection(
  deps: Deps,
  acting: Acting,
  asked: CorrectionRequest,
): Promise<Correction | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'variance.correct');
    if ('rejected' in actor) return actor;
    const seen = await readVariance(trx, asked.varianceId);
    if (seen === null) return unknownVariance();
    await lockAuthority(trx, actor.subject);
    await lockCustomer(trx, seen);
    const variance = await lockVariance(trx, asked.varianceId);
    if (variance === null) return unknownVariance();
    const earlier = await correctionsOf(trx, variance, variance.varianceId);
    const same = earlier.find(
      ({ state, payloadHash, requester }) =>
        (state === 'waiting' || state === 'posted') && payloadHash === asked.payloadHash && requester === actor.subject,
    );
    if (same !== undefined) return same;
    const preview = await previewIn(trx, actor.subject, variance, asked);
    if ('rejected' in preview) return preview;
    if (preview.payloadHash !== asked.payloadHash) return stale(preview);
    await voidWaiting(deps, trx, actor, earlier);
    return release(deps, trx, { actor, variance, preview });
  });
}

function stale({ payloadHash }: CorrectionPreview): Refused {
  return refuse('preview_stale', 'the entry or the variance is not what the preview showed; look at it again', {
    param: 'payload_hash',
    details: { payload_hash: payloadHash },
  });
}

/** One request at a time: the newer one takes the place of the older. */
async function voidWaiting(deps: Deps, trx: Transaction, actor: Actor, earlier: readonly Correction[]): Promise<void> {
  for (const before of earlier.filter(({ state }) => state === 'waiting')) {
    const after: Correction = { ...before, state: 'void', comment: 'another correction was asked for' };
    await decideCorrection(trx, { ...after, decidedAt: await now(trx) });
    await audit(deps, trx, actor, {
      action: 'correction.void',
      objectType: 'correction',
      objectId: before.correctionId,
      customerId: before.customerId,
      before,
      after,
    });
  }
}

async function release(
  deps: Deps,
  trx: Transaction,
  {
    actor,
    variance,
    preview,
  }: { readonly actor: Actor; readonly variance: StoredVariance; readonly preview: CorrectionPreview },
): Promise<Correction> {
  const at = await now(trx);
  const { lane, customerId, varianceId } = variance;
  const { debit, credit, currency, amountMinor, effectiveAt, note, evidence, payloadHash, limits } = preview;
  const correction: Correction = {
    lane,
    customerId,
    correctionId: withLane(deps.newId(), lane),
    varianceId,
    state: 'waiting',
    debit,
    credit,
    currency,
    amountMinor,
    effectiveAt,
    note,
    evidence,
    payloadHash,
    limits,
    requester: actor.subject,
    requestedAt: at,
    lapsesAt: new Date(at.getTime() + APPROVAL_MS),
    approval: null,
    approver: null,
    decidedAt: null,
    comment: null,
    entryId: null,
  };
  await insertCorrection(trx, correction);
  await audit(deps, trx, actor, {
    action: 'correction.requested',
    objectType: 'correction',
    objectId: correction.correctionId,
    customerId,
    after: correction,
    reason: note,
  });
  if (limits.length > 0) return correction;
  return postCorrection(deps, trx, actor, { correction, variance, approval: 'within_limits' });
}
