import { parseCredits } from '../../domain/amount.ts';
import { APPROVAL_MS, DAY_MS, exceededLimits, type Given, monthOf } from '../../domain/approval.ts';
import type { CasePreview } from '../../domain/case-preview.ts';
import type { Case } from '../../domain/case-record.ts';
import type { CaseKind, CaseState } from '../../domain/case.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { givenBefore, insertAuthorityUse, lockAuthority, readApprovalRules } from '../../storage/approval-rules.ts';
import { lockCase, readCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Acting, type Actor, permitted } from '../operators/acting.ts';
import { saveCase, unknownCase, wrongState } from './case-record.ts';
import { executeCase } from './execute-case.ts';
import { type PreviewedCase, previewCase } from './preview-case.ts';
import { tellOfCase } from './tell-of-case.ts';

export interface Submission {
  readonly caseId: string;
  /** Of the preview that the requester looked at; another state of things is refused. */
  readonly payloadHash?: string;
  /** Just taken by the caller. */
  readonly previewed?: PreviewedCase;
}

const SUBMITTABLE: readonly CaseState[] = ['open', 'lapsed', 'refused'];

/**
 * Asks for what the case says. Within the requester's limits it is released and executed at once; above them it waits
 * for a second person. A second click finds what the first one did.
 */
export async function submitCase(deps: Deps, acting: Acting, asked: Submission): Promise<Case | Refused> {
  const seen = await readCase(deps.db, asked.caseId);
  if (seen === null) return unknownCase();
  if (!SUBMITTABLE.includes(seen.state)) return goneOn(deps, acting, seen);
  const previewed = asked.previewed ?? (await previewCase(deps, seen));
  if ('rejected' in previewed) return previewed;
  if (asked.payloadHash !== undefined && asked.payloadHash !== previewed.payloadHash) return stale(previewed);
  const submitted = await transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.request');
    if ('rejected' in actor) return actor;
    await lockAuthority(trx, actor.subject);
    const before = await lockCase(trx, seen.caseId);
    if (before === null) return unknownCase();
    if (!SUBMITTABLE.includes(before.state)) return before;
    if (before.version !== seen.version) {
      return refuse('case_changed', 'somebody else changed this case meanwhile; look at it again');
    }
    return release(deps, trx, actor, before, previewed);
  });
  return 'rejected' in submitted ? submitted : goneOn(deps, acting, submitted);
}

/** A case that is submitted: executed where it is released. To whoever did not ask for it, it is just past that step. */
async function goneOn(deps: Deps, acting: Acting, one: Case): Promise<Case | Refused> {
  if (one.requester !== acting.subject) return wrongState(one, 'submitted');
  return one.state === 'approved' || one.state === 'executing' ? executeCase(deps, one.caseId) : one;
}

/** What a requester has looked at is not what would happen now. */
export function stale({ preview, payloadHash }: PreviewedCase): Refused {
  return refuse('preview_stale', 'what the preview showed has changed since; look at it again', {
    param: 'payload_hash',
    details: { payload_hash: payloadHash, preview },
  });
}

async function release(
  deps: Deps,
  trx: Transaction,
  actor: Actor,
  before: Case,
  { preview, payloadHash }: PreviewedCase,
): Promise<Case> {
  const at = await now(trx);
  const given = givenBy(before.kind, preview);
  const rules = await readApprovalRules(trx);
  const earlier = await givenBefore(trx, actor.subject, {
    dayFrom: new Date(at.getTime() - DAY_MS),
    monthFrom: monthOf(at),
    currency: given.currency,
  });
  const limits = exceededLimits(rules, given, earlier);
  const within = limits.length === 0;
  const after: Case = {
    ...before,
    state: within ? 'approved' : 'waiting',
    requester: actor.subject,
    submittedAt: at,
    lapsesAt: new Date(at.getTime() + APPROVAL_MS),
    payloadHash,
    preview,
    limits,
    approval: within ? 'within_limits' : null,
    approver: null,
    approvedAt: within ? at : null,
    approvedHash: within ? payloadHash : null,
    comment: null,
    failure: null,
  };
  const saved = await saveCase(deps, trx, actor, { action: 'case.submitted', before, after });
  if (!within) await tellOfCase(deps, trx, after, { kind: 'approval.requested', at });
  if (within) {
    await insertAuthorityUse(trx, {
      useId: deps.newId(),
      subject: actor.subject,
      at,
      caseId: before.caseId,
      isGoodwill: before.kind === 'goodwill',
      creditsMicro: given.creditsMicro,
      moneyMinor: given.moneyMinor,
      currency: given.currency,
    });
  }
  return saved;
}

/** What limits are held against. */
export function givenBy(kind: CaseKind, { money, credits }: CasePreview): Given {
  const creditsMicro = parseCredits(credits.given);
  if (creditsMicro === null) throw new Error(`a preview gives ${credits.given} credits`);
  return { kind, creditsMicro, moneyMinor: BigInt(money?.totalMinor ?? '0'), currency: money?.currency ?? null };
}
