// What becomes of a correction that waits: a second person agrees to exactly what was asked for, or says no.
import { type Correction, correctionPosted } from '../../domain/correction.ts';
import { refusedText } from '../../domain/free-text.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { readApprovalRules } from '../../storage/approval-rules.ts';
import { now } from '../../storage/clock.ts';
import { decideCorrection, lockCorrection, readCorrection } from '../../storage/corrections.ts';
import { lockCustomer } from '../../storage/customers.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { lockVariance, type StoredVariance, updateVariance } from '../../storage/variance-decisions.ts';
import { journalName } from '../cases/execute-case.ts';
import type { Deps } from '../deps.ts';
import { type Acting, type Actor, audit, permitted } from '../operators/acting.ts';
import { postOnce } from '../post-money.ts';
import { hashOf, refusedDate } from './preview-correction.ts';

export interface Decision {
  readonly correctionId: string;
  /** Of what the approver has looked at. */
  readonly payloadHash: string;
  readonly comment: string | null;
}

const COMMENT_LENGTH_MAX = 2_000;

/**
 * Says yes and posts the entry, in one transaction. Not by whom it was asked for, unless one person works alone
 * (`approvals: single_operator`). When the variance is not what was agreed to any more, the request is void.
 */
export async function approveCorrection(
  deps: Deps,
  acting: Acting,
  { correctionId, payloadHash, comment }: Decision,
): Promise<Correction | Refused> {
  const refusal = comment === null ? null : refusedText(comment, 'comment', COMMENT_LENGTH_MAX);
  if (refusal !== null) return refusal;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'variance.approve');
    if ('rejected' in actor) return actor;
    const found = await waitingCorrection(trx, correctionId);
    if ('rejected' in found) return found;
    const { correction, variance } = found;
    const { approvals } = await readApprovalRules(trx);
    const isAlone = correction.requester === actor.subject;
    if (isAlone && approvals === 'two_people')
      return refuse('own_request', 'You asked for this correction, so somebody else has to agree to it.');
    const at = await now(trx);
    if (at >= correction.lapsesAt) {
      return refuse(
        'approval_lapsed',
        `this request lapsed at ${correction.lapsesAt.toISOString()}; ask for the correction again`,
      );
    }
    if (payloadHash !== correction.payloadHash) return changed(correction);
    const isOpen = variance.state === 'open' || variance.state === 'explained';
    if (!isOpen || hashOf(variance, correction) !== correction.payloadHash) {
      await decide(deps, trx, actor, { before: correction, after: { ...correction, state: 'void' } });
      return refuse('preview_stale', 'the variance is not what was agreed to any more: this request is void');
    }
    const closed = await refusedDate(trx, correction.effectiveAt ?? at, at);
    if (closed !== null) return closed;
    const approval = isAlone ? 'single_operator' : 'approved';
    return postCorrection(deps, trx, actor, { correction: { ...correction, comment }, variance, approval });
  });
}

/** Says no; whoever asked takes it back in the same way. */
export async function refuseCorrection(
  deps: Deps,
  acting: Acting,
  { correctionId, comment }: Omit<Decision, 'payloadHash'>,
): Promise<Correction | Refused> {
  if (comment === null || comment.trim() === '')
    return refuse('invalid_request', 'say why; whoever asked will want to know', { param: 'comment' });
  const refusal = refusedText(comment, 'comment', COMMENT_LENGTH_MAX);
  if (refusal !== null) return refusal;
  return transaction(deps.db, async (trx) => {
    const found = await waitingCorrection(trx, correctionId);
    if ('rejected' in found) return found;
    const { correction } = found;
    const isOwn = correction.requester === acting.subject;
    const actor = await permitted(trx, acting, isOwn ? 'variance.correct' : 'variance.approve');
    if ('rejected' in actor) return actor;
    const after: Correction = { ...correction, state: 'refused', comment };
    return decide(deps, trx, actor, { before: correction, after: { ...after, approver: actor.subject } });
  });
}

/** Posts the entry of a correction that is released, and closes its variance: should it not help, the next run says so. */
export async function postCorrection(
  deps: Deps,
  trx: Transaction,
  actor: Actor,
  {
    correction,
    variance,
    approval,
  }: {
    readonly correction: Correction;
    readonly variance: StoredVariance;
    readonly approval: NonNullable<Correction['approval']>;
  },
): Promise<Correction> {
  const at = await now(trx);
  const by = await journalName(trx, correction.requester);
  const [entryId] = await postOnce(deps, trx, variance, [
    correctionPosted(correction, { subject: variance.subject, actor: by, at }),
  ]);
  if (entryId === undefined) throw new Error(`the correction ${correction.correctionId} is posted already`);
  await updateVariance(
    trx,
    {
      ...variance,
      state: 'corrected',
      explanation: correction.note,
      evidence: correction.evidence,
      owner: variance.owner ?? correction.requester,
      explainedBy: correction.requester,
      explainedAt: at,
    },
    at,
  );
  const after: Correction = { ...correction, state: 'posted', approval, entryId };
  const approver = approval === 'within_limits' ? null : actor.subject;
  return decide(deps, trx, actor, { before: correction, after: { ...after, approver } });
}

async function decide(
  deps: Deps,
  trx: Transaction,
  actor: Actor,
  { before, after }: { readonly before: Correction; readonly after: Correction },
): Promise<Correction> {
  const decided = { ...after, decidedAt: await now(trx) };
  await decideCorrection(trx, decided);
  await audit(deps, trx, actor, {
    action: `correction.${after.state}`,
    objectType: 'correction',
    objectId: after.correctionId,
    customerId: after.customerId,
    before,
    after: decided,
    reason: after.comment,
  });
  return decided;
}

async function waitingCorrection(
  trx: Transaction,
  correctionId: string,
): Promise<{ readonly correction: Correction; readonly variance: StoredVariance } | Refused> {
  const seen = await readCorrection(trx, correctionId);
  if (seen === null) return unknownCorrection();
  await lockCustomer(trx, seen);
  const variance = await lockVariance(trx, seen.varianceId);
  const correction = await lockCorrection(trx, correctionId);
  if (correction === null || variance === null) return unknownCorrection();
  if (correction.state === 'waiting') return { correction, variance };
  return refuse('correction_state', `this correction is ${correction.state}; ask for a new one`, {
    details: { state: correction.state },
  });
}

function changed({ payloadHash }: Correction): Refused {
  return refuse('preview_stale', 'this is not what was asked for; look at the correction again', {
    param: 'payload_hash',
    details: { payload_hash: payloadHash },
  });
}

export function unknownCorrection(): Refused {
  return refuse('unknown_correction', 'no correction has this id (correction_…)', { param: 'id' });
}
