import { refusedApprover } from '../../domain/approval.ts';
import type { Approval, Case } from '../../domain/case-record.ts';
import { refusedText } from '../../domain/free-text.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { readApprovalRules } from '../../storage/approval-rules.ts';
import { lockCase, readCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Acting, type Actor, permitted, systemActing } from '../operators/acting.ts';
import { lockedCase, reopened, saveCase, unknownCase, wrongState } from './case-record.ts';
import { executeCase } from './execute-case.ts';
import { previewCase } from './preview-case.ts';
import { stale } from './submit-case.ts';
import { tellOfCase } from './tell-of-case.ts';

export interface Approving {
  readonly caseId: string;
  /** Of what the approver has looked at. */
  readonly payloadHash: string;
  readonly comment: string | null;
  /** An owner releases it alone, with this reason; an alarm goes off. */
  readonly breakGlass?: string;
}

/**
 * Says yes to exactly what was submitted, and executes it. The preview is taken again: when anything has changed since,
 * the request is void and goes back to its requester.
 */
export async function approveCase(deps: Deps, acting: Acting, asked: Approving): Promise<Case | Refused> {
  for (const [text, param] of [
    [asked.comment, 'comment'],
    [asked.breakGlass, 'break_glass'],
  ] as const) {
    const refusal = typeof text === 'string' ? refusedText(text, param, 2_000) : null;
    if (refusal !== null) return refusal;
  }
  const seen = await readCase(deps.db, asked.caseId);
  if (seen === null) return unknownCase();
  if (seen.state === 'waiting') {
    const changed = await voidWhenChanged(deps, seen);
    if (changed !== null) return changed;
  }
  const approved = await transaction(deps.db, async (trx) => decide(deps, trx, acting, asked));
  if ('rejected' in approved || approved.state !== 'approved') return approved;
  return executeCase(deps, approved.caseId);
}

/** A request whose preview is no longer true is void; the sentence says why. Also when it cannot be done at all any more. */
async function voidWhenChanged(deps: Deps, seen: Case): Promise<Refused | null> {
  const previewed = await previewCase(deps, seen);
  if (!('rejected' in previewed) && previewed.payloadHash === seen.payloadHash) return null;
  const refusal = 'rejected' in previewed ? previewed : stale(previewed);
  // Stripe being out of reach says nothing about the case.
  if (refusal.rejected.code === 'stripe_unavailable') return refusal;
  await transaction(deps.db, async (trx) => {
    const before = await lockCase(trx, seen.caseId);
    if (before === null || before.state !== 'waiting' || before.payloadHash !== seen.payloadHash) return;
    const after = reopened(before, refusal.rejected.message);
    await saveCase(deps, trx, systemActing('approvals'), { action: 'case.request_voided', before, after });
  });
  return refusal;
}

async function decide(deps: Deps, trx: Transaction, acting: Acting, asked: Approving): Promise<Case | Refused> {
  const isBreaking = asked.breakGlass !== undefined;
  const actor = await permitted(trx, acting, isBreaking ? 'case.override' : 'case.approve');
  if ('rejected' in actor) return actor;
  const before = await lockCase(trx, asked.caseId);
  if (before === null) return unknownCase();
  // The second click of the same person.
  if (before.approver === actor.subject && before.approvedHash === asked.payloadHash) return before;
  if (before.state !== 'waiting') return wrongState(before, 'approved');
  const { requester, payloadHash, lapsesAt } = before;
  if (requester === null || lapsesAt === null) throw new Error(`case ${before.caseId} waits and nobody asked`);
  const at = await now(trx);
  if (lapsesAt <= at)
    return refuse('approval_lapsed', 'this request is older than 72 hours; it has to be submitted again');
  if (payloadHash !== asked.payloadHash) {
    return refuse('case_changed', 'what is asked for is not what you looked at; look at it again', {
      param: 'payload_hash',
      details: { payload_hash: payloadHash },
    });
  }
  const approval = await kindOf(trx, actor, { openedBy: before.openedBy, requester }, asked);
  if (typeof approval !== 'string') return approval;
  const after: Case = {
    ...before,
    state: 'approved',
    approval,
    approver: actor.subject,
    approvedAt: at,
    approvedHash: payloadHash,
    comment: asked.breakGlass ?? asked.comment,
  };
  if (approval !== 'approved') alarm(deps, actor, after);
  if (approval === 'break_glass') await tellOfCase(deps, trx, after, { kind: 'case.glass_broken', at });
  const action = approval === 'break_glass' ? 'case.glass_broken' : 'case.approved';
  return saveCase(deps, trx, actor, { action, before, after, reason: after.comment });
}

async function kindOf(
  trx: Transaction,
  actor: Actor,
  askedFor: { readonly openedBy: string; readonly requester: string },
  { breakGlass }: Approving,
): Promise<Approval | Refused> {
  const own = refusedApprover(askedFor, actor.subject);
  if (own === null && breakGlass === undefined) return 'approved';
  if (breakGlass !== undefined) {
    if (breakGlass.trim() !== '') return 'break_glass';
    return refuse('invalid_request', 'say why nobody else could be asked', { param: 'break_glass' });
  }
  const { approvals } = await readApprovalRules(trx);
  return approvals === 'single_operator' || own === null ? 'single_operator' : own;
}

function alarm({ log }: Deps, actor: Actor, { caseId, customerId, approval, comment }: Case): void {
  const fields = { caseId, customerId, approval, actor: actor.subject, comment };
  if (approval === 'break_glass') log.error(fields, 'the glass was broken: one person released a case alone');
  else log.warn(fields, 'a case was released by the person who asked for it (approvals: single_operator)');
}

/** Says no, with the reason; the requester may change it and ask again. */
export async function refuseCase(
  deps: Deps,
  acting: Acting,
  { caseId, comment }: { readonly caseId: string; readonly comment: string },
): Promise<Case | Refused> {
  const refusal = refusedText(comment, 'comment', 2_000);
  if (refusal !== null) return refusal;
  if (comment.trim() === '')
    return refuse('invalid_request', 'say why, so that the requester knows', { param: 'comment' });
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.approve');
    if ('rejected' in actor) return actor;
    const before = await lockedCase(trx, caseId, ['waiting'], 'refused');
    if ('rejected' in before) return before;
    const at = await now(trx);
    const after: Case = {
      ...before,
      state: 'refused',
      approver: actor.subject,
      finishedAt: at,
      comment,
      failure: comment,
    };
    return saveCase(deps, trx, actor, { action: 'case.refused', before, after, reason: comment });
  });
}

/** The requester thinks better of it; or nothing has to be done about a case that was opened by itself. */
export async function closeCase(
  deps: Deps,
  acting: Acting,
  { caseId, comment }: { readonly caseId: string; readonly comment: string },
): Promise<Case | Refused> {
  const refusal = refusedText(comment, 'comment', 2_000);
  if (refusal !== null) return refusal;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.request');
    if ('rejected' in actor) return actor;
    const before = await lockedCase(trx, caseId, ['open', 'waiting', 'lapsed', 'refused'], 'closed');
    if ('rejected' in before) return before;
    const at = await now(trx);
    const state = before.openedBy.startsWith('system:') ? 'closed' : 'withdrawn';
    const after: Case = { ...before, state, finishedAt: at, comment };
    return saveCase(deps, trx, actor, { action: `case.${state}`, before, after, reason: comment });
  });
}
