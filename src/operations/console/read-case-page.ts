import { DAY_MS, exceededLimits, type Limit, monthOf, refusedApprover } from '../../domain/approval.ts';
import type { Case } from '../../domain/case-record.ts';
import { missingEvidence } from '../../domain/case.ts';
import type { Refused, Rejection } from '../../domain/rejection.ts';
import { givenBefore, readApprovalRules, type StoredRules } from '../../storage/approval-rules.ts';
import { now as clock } from '../../storage/clock.ts';
import { type Customer, readCustomer } from '../../storage/customers.ts';
import { findOperator } from '../../storage/operators.ts';
import { readCase } from '../cases/list-cases.ts';
import { type PreviewedCase, previewCase } from '../cases/preview-case.ts';
import { givenBy } from '../cases/submit-case.ts';
import type { Deps } from '../deps.ts';
import type { Acting } from '../operators/acting.ts';

export interface CaseView {
  readonly one: Case;
  readonly customer: Customer;
  readonly now: Date;
  readonly rules: StoredRules;
  readonly missing: readonly string[];
  /** What it would do now, while that is still to be decided. */
  readonly previewed: PreviewedCase | null;
  /** Why it could not be done now. */
  readonly cannot: Rejection | null;
  /** Limits of the person who looks, before he submits it. */
  readonly limits: readonly Limit[];
  /** Why this person may not approve it. */
  readonly ownRequest: string | null;
  /** Names of those who had a hand in it, by subject. */
  readonly names: ReadonlyMap<string, string>;
}

const UNDECIDED = ['open', 'waiting', 'lapsed', 'refused'];

/** A case as a person sees it who may have to decide it: what would happen now, and who may say so. */
export async function readCaseView(deps: Deps, acting: Acting, caseId: string): Promise<CaseView | Refused> {
  const one = await readCase(deps, acting, caseId);
  if ('rejected' in one) return one;
  const customer = await readCustomer(deps.db, one);
  if (customer === undefined) throw new Error(`case ${caseId} has no customer`);
  const now = await clock(deps.db);
  const rules = await readApprovalRules(deps.db);
  const missing = missingEvidence(one.kind, one.outcome, one.evidence);
  const isReady = missing.length === 0 && one.outcome !== null && UNDECIDED.includes(one.state);
  const previewed = isReady ? await previewCase(deps, one) : null;
  const isShown = previewed !== null && !('rejected' in previewed);
  const own =
    one.requester === null || rules.approvals === 'single_operator'
      ? null
      : refusedApprover({ openedBy: one.openedBy, requester: one.requester }, acting.subject);
  return {
    one,
    customer,
    now,
    rules,
    missing: [...missing, ...(one.outcome === null ? ['outcome'] : [])],
    previewed: isShown ? previewed : null,
    cannot: previewed !== null && 'rejected' in previewed ? previewed.rejected : null,
    limits: isShown ? await limitsOf(deps, acting, { one, previewed, rules, now }) : [],
    ownRequest: own?.rejected.message ?? null,
    names: await namesOf(deps, [one.openedBy, one.requester, one.approver]),
  };
}

async function limitsOf(
  { db }: Deps,
  { subject }: Acting,
  { one, previewed, rules, now }: Pick<CaseView, 'one' | 'rules' | 'now'> & { readonly previewed: PreviewedCase },
): Promise<readonly Limit[]> {
  const given = givenBy(one.kind, previewed.preview);
  const window = { dayFrom: new Date(now.getTime() - DAY_MS), monthFrom: monthOf(now), currency: given.currency };
  return exceededLimits(rules, given, await givenBefore(db, subject, window));
}

async function namesOf({ db }: Deps, subjects: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const subject of subjects) {
    const person = subject === null || names.has(subject) ? null : await findOperator(db, subject);
    if (person !== null) names.set(person.subject, person.name);
  }
  return names;
}
