import { formatCredits } from '../../domain/amount.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { CaseResult } from '../../domain/case-preview.ts';
import type { Case } from '../../domain/case-record.ts';
import type { GiveMoney } from '../../domain/case.ts';
import { may } from '../../domain/operator.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import type { ReversedUsage } from '../../domain/usage-reversal.ts';
import { forgetAuthorityUse } from '../../storage/approval-rules.ts';
import { lockCase, readCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { findOperator } from '../../storage/operators.ts';
import type { Deps } from '../deps.ts';
import { giveIn } from '../grant-credits.ts';
import { type CreditNoteReason, issueCreditNote } from '../issue-credit-note.ts';
import { systemActing } from '../operators/acting.ts';
import { reverseUsageIn } from '../reverse-usage.ts';
import { takeBackIn } from '../take-back-credits.ts';
import { reopened, saveCase, unknownCase, wrongState } from './case-record.ts';
import { creditsOf } from './preview-case.ts';

/**
 * Does what was agreed to, once. Credits move in one transaction with the case. Money goes by a credit note: the case is
 * `executing` while Stripe is asked, and asking again goes on where it stopped, whoever asks and however it stopped.
 */
export async function executeCase(deps: Deps, caseId: string): Promise<Case | Refused> {
  const seen = await readCase(deps.db, caseId);
  if (seen === null) return unknownCase();
  if (seen.outcome?.type !== 'credit_note') return transaction(deps.db, async (trx) => moveCredits(deps, trx, caseId));
  const begun = await transaction(deps.db, async (trx) => begin(deps, trx, caseId));
  if ('rejected' in begun || begun.state !== 'executing') return begun;
  return giveMoney(deps, begun, seen.outcome);
}

const EXECUTOR = systemActing('cases');

/** Takes a released case in hand; one that is done already is answered as it is. */
async function begin(deps: Deps, trx: Transaction, caseId: string): Promise<Case | Refused> {
  const before = await lockCase(trx, caseId);
  if (before === null) return unknownCase();
  if (before.state === 'executing' || before.state === 'done' || before.state === 'undone') return before;
  if (before.state !== 'approved') return wrongState(before, 'executed');
  const at = await now(trx);
  const refusal = (await refusedPeople(trx, before)) ?? lapsed(before, at);
  if (refusal !== null) return stop(deps, trx, before, refusal);
  const after: Case = { ...before, state: 'executing', startedAt: before.startedAt ?? at };
  return saveCase(deps, trx, EXECUTOR, { action: 'case.begun', before, after });
}

function lapsed({ lapsesAt }: Case, at: Date): Refused | null {
  if (lapsesAt !== null && lapsesAt > at) return null;
  return refuse('approval_lapsed', 'this approval is older than 72 hours; the case has to be submitted again');
}

/** Roles are looked at again: who has lost his since has released nothing. */
async function refusedPeople(trx: Transaction, { requester, approver, approval }: Case): Promise<Refused | null> {
  const people = [
    [requester, 'case.request'],
    [approver, approval === 'break_glass' ? 'case.override' : 'case.approve'],
  ] as const;
  for (const [subject, permission] of people) {
    if (subject === null || subject.startsWith('key:') || subject.startsWith('system:')) continue;
    const person = await findOperator(trx, subject);
    if (person === null || person.disabled || !may(person.roles, permission)) {
      const who = subject === approver ? 'approved' : 'asked for';
      return refuse(
        'not_permitted',
        `${person?.name ?? subject}, who ${who} this, may no longer do so; submit it again`,
      );
    }
  }
  return null;
}

/** What was agreed to cannot be done: nothing was, and the case is open again with the sentence that says why. */
async function stop(deps: Deps, trx: Transaction, before: Case, refusal: Refused): Promise<Refused> {
  const after = reopened(before, refusal.rejected.message);
  await forgetAuthorityUse(trx, before.caseId, await now(trx));
  await saveCase(deps, trx, EXECUTOR, { action: 'case.stopped', before, after, reason: refusal.rejected.message });
  return refusal;
}

async function moveCredits(deps: Deps, trx: Transaction, caseId: string): Promise<Case | Refused> {
  const begun = await begin(deps, trx, caseId);
  if ('rejected' in begun || begun.state !== 'executing') return begun;
  const moved = await movedCredits(deps, trx, begun);
  if ('rejected' in moved) return stop(deps, trx, begun, moved);
  return finish(deps, trx, begun, moved);
}

async function movedCredits(
  deps: Deps,
  trx: Transaction,
  one: Case,
): Promise<Omit<CaseResult, 'customerText'> | Refused> {
  const { outcome, evidence, kind, caseId } = one;
  const ticket = evidence.ticket ?? '';
  const actor = await journalName(trx, one.requester ?? one.openedBy);
  const reason = `${kind} (${ticket})`;
  switch (outcome?.type) {
    case 'restore_credits': {
      const asked = { customer: one, usageEventIds: evidence.usageEventIds, reason: kind, ticket, actor };
      const done = await reverseUsageIn(deps, trx, asked, (reversed) => otherThanAgreed(one, reversed));
      if ('rejected' in done) return done;
      const { restored, overage, debt, unfunded } = creditsOf(done.reversed);
      return { restored, overage, debt, unfunded };
    }
    case 'adjust_future_usage': {
      const { amount, expiresAt, features } = outcome;
      const source = kind === 'goodwill' ? 'goodwill' : 'promotional';
      const gift = { source, amount, expiresAt, features, priority: 50, reason, actor } as const;
      const grant = await giveIn(deps, trx, one, { ...gift, sourceType: 'case', sourceId: caseId }, null);
      return 'rejected' in grant ? grant : { lotId: grant.lotId };
    }
    case 'take_back_credits': {
      const asked = { customer: one, lotId: evidence.lotId ?? '', caseId, actor, reason };
      const taken = await takeBackIn(deps, trx, asked);
      return typeof taken === 'bigint' ? { takenBack: formatCredits(taken) } : taken;
    }
    case 'credit_note':
    case undefined:
      throw new Error(`case ${caseId} moves no credits of its own`);
  }
}

/** A cut-off may have come since: what was agreed to as credits would be money then. */
function otherThanAgreed({ preview }: Case, reversed: readonly ReversedUsage[]): Refused | null {
  const asItWouldBe = canonicalJson(creditsOf(reversed));
  if (preview !== null && asItWouldBe === canonicalJson(preview.credits)) return null;
  return refuse('preview_stale', 'the usage would be undone in another way than it was agreed to; look at it again');
}

/** How an entry names a person: never by what he is called or where his mail goes. */
export async function journalName(trx: Transaction, subject: string): Promise<string> {
  const person = await findOperator(trx, subject);
  return person === null ? subject : `operator:${person.operatorId}`;
}

async function giveMoney(deps: Deps, one: Case, outcome: GiveMoney): Promise<Case | Refused> {
  const { evidence, caseId, kind, preview } = one;
  const { invoiceId, ticket, usageEventIds } = evidence;
  if (invoiceId === null || preview === null) throw new Error(`case ${caseId} is executing and lacks its invoice`);
  const actor = await transaction(deps.db, async (trx) => journalName(trx, one.requester ?? one.openedBy));
  const issued = await issueCreditNote(deps, {
    invoiceId,
    settlement: outcome.settlement,
    reason: REASONS[kind],
    ticket: ticket ?? '',
    actor,
    idempotencyKey: noteKey(one),
    emailCustomer: outcome.emailCustomer,
    ...(preview.money !== null && { previewHash: preview.money.previewHash }),
    ...(outcome.lines !== undefined && { lines: outcome.lines }),
    ...(outcome.amountMinor !== undefined && { amountMinor: outcome.amountMinor }),
    ...(outcome.memo !== null && { memo: outcome.memo }),
    ...(outcome.reverseUsage && { reverseUsageEventIds: usageEventIds }),
  });
  return transaction(deps.db, async (trx) => {
    const before = await lockCase(trx, caseId);
    if (before === null) return unknownCase();
    if (before.state !== 'executing') return before;
    if ('rejected' in issued) {
      // Not known to have failed: the job asks again.
      if (issued.rejected.code === 'stripe_unavailable') return before;
      return stop(deps, trx, before, issued);
    }
    if (issued.state === 'waiting' || issued.creditNoteId === null) return before;
    return finish(deps, trx, before, { creditNoteId: issued.creditNoteId });
  });
}

/** Names the credit note of a case; when it was refused and is asked for anew, that is another one. */
export function noteKey({ caseId, version }: Pick<Case, 'caseId' | 'version'>): string {
  return `case/${caseId}/${version}`;
}

const REASONS: Readonly<Record<Case['kind'], CreditNoteReason>> = {
  duplicate_usage: 'duplicate_usage',
  failed_output: 'failed_output',
  billing_error: 'billing_error',
  product_unsatisfactory: 'product_unsatisfactory',
  order_change: 'order_change',
  fraudulent: 'fraudulent',
  goodwill: 'goodwill',
  dispute: 'fraudulent',
  refund: 'order_change',
  correction: 'billing_error',
};

async function finish(
  deps: Deps,
  trx: Transaction,
  before: Case,
  moved: Omit<CaseResult, 'customerText'>,
): Promise<Case> {
  const result = { ...moved, customerText: before.preview?.customerText ?? '' };
  const after: Case = { ...before, state: 'done', finishedAt: await now(trx), result, failure: null };
  return saveCase(deps, trx, EXECUTOR, { action: 'case.done', before, after });
}
