// What a person does about a difference: take it on, or say what it is. Neither moves an entry.
import { refusedText } from '../domain/free-text.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { findOperatorByName } from '../storage/operators.ts';
import { lockVariance, type StoredVariance, updateVariance } from '../storage/variance-decisions.ts';
import { refusedEvidenceId, unknownVariance } from './attach-evidence.ts';
import type { Deps } from './deps.ts';
import { type Acting, audit, permitted } from './operators/acting.ts';

/**
 * Explains an open variance with a note and where its evidence is (a ticket, a document's address). It stays explained as
 * long as its amount stays; the next run opens it again when the amount changes.
 */
export async function explainVariance(
  deps: Deps,
  acting: Acting,
  asked: {
    readonly varianceId: string;
    readonly note: string;
    readonly evidence: string;
    /** The file of the variance that `evidence` names; null or absent: it names none. */
    readonly evidenceId?: string | null;
  },
): Promise<StoredVariance | Refused> {
  for (const [text, param] of [
    [asked.note, 'note'],
    [asked.evidence, 'evidence'],
  ] as const) {
    const refusal = refusedText(text, param, 2_000);
    if (refusal !== null) return refusal;
    if (text.trim() === '') return refuse('invalid_request', `an explanation needs its ${param}`, { param });
  }
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'variance.explain');
    if ('rejected' in actor) return actor;
    const before = await lockVariance(trx, asked.varianceId);
    if (before === null) return unknownVariance();
    if (before.state !== 'open' && before.state !== 'explained')
      return refuse('variance_settled', `this variance is ${before.state} already`);
    const unknown = await refusedEvidenceId(trx, before, asked.evidenceId ?? null);
    if (unknown !== null) return unknown;
    const after = {
      ...before,
      state: 'explained' as const,
      explanation: asked.note,
      evidence: asked.evidence,
      explainedBy: actor.subject,
      explainedAt: await now(trx),
      owner: before.owner ?? actor.subject,
    };
    await updateVariance(trx, after);
    await audit(deps, trx, actor, {
      action: 'variance.explained',
      objectType: 'variance',
      objectId: before.varianceId,
      customerId: before.customerId,
      before,
      after,
      reason: asked.note,
    });
    return after;
  });
}

/** Gives a variance an owner: somebody who works here. */
export async function assignVariance(
  deps: Deps,
  acting: Acting,
  asked: { readonly varianceId: string; readonly owner: string },
): Promise<StoredVariance | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'variance.explain');
    if ('rejected' in actor) return actor;
    const before = await lockVariance(trx, asked.varianceId);
    if (before === null) return unknownVariance();
    const owner = await findOperatorByName(trx, asked.owner);
    if (owner === null || owner.disabled) {
      return refuse('unknown_operator', `nobody who works here is called ${asked.owner}; see operators list`, {
        param: 'owner',
      });
    }
    const after = { ...before, owner: owner.subject };
    await updateVariance(trx, after);
    await audit(deps, trx, actor, {
      action: 'variance.assigned',
      objectType: 'variance',
      objectId: before.varianceId,
      customerId: before.customerId,
      before,
      after,
    });
    return after;
  });
}
