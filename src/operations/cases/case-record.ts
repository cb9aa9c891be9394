// What the acts on a case share: finding it, its row in the audit log, and what makes an approval void.
import type { Case } from '../../domain/case-record.ts';
import type { CustomerKey } from '../../domain/customer.ts';
import { withLane } from '../../domain/lane-id.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { lockCase, updateCase } from '../../storage/cases.ts';
import type { Transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Actor, audit } from '../operators/acting.ts';

export function unknownCase(): Refused {
  return refuse('unknown_case', 'no case has this id (case_…)', { param: 'id' });
}

/** Locks a case for an act that its states allow; otherwise the sentence that says where it stands. */
export async function lockedCase(
  trx: Transaction,
  caseId: string,
  states: readonly Case['state'][],
  act: string,
): Promise<Case | Refused> {
  const one = await lockCase(trx, caseId);
  if (one === null) return unknownCase();
  return states.includes(one.state) ? one : wrongState(one, act);
}

export function wrongState({ state, approver, failure }: Case, act: string): Refused {
  const by = approver === null ? '' : ` (decided by ${approver})`;
  const because = failure === null ? '' : `: ${failure}`;
  return refuse('case_state', `this case is ${state}${by} and cannot be ${act}${because}`, { details: { state } });
}

/** Stores the case as it is after an act, with the act's row in the audit log. */
export async function saveCase(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  actor: Pick<Actor, 'subject' | 'roles' | 'trace'>,
  change: { readonly action: string; readonly before: Case; readonly after: Case; readonly reason?: string | null },
): Promise<Case> {
  const { action, before, after, reason } = change;
  await updateCase(trx, after);
  await audit(deps, trx, actor, {
    action,
    objectType: 'case',
    objectId: after.caseId,
    customerId: after.customerId,
    before: shown(before),
    after: shown(after),
    ...(reason !== undefined && { reason }),
  });
  return after;
}

/** The parts that matter to whoever follows what happened; the preview is as large as an invoice and stays with the case. */
export function shown({ preview, lane: _lane, customerId: _customer, caseId: _id, ...rest }: Case): object {
  return { ...rest, customer_text: preview?.customerText ?? null };
}

/** The case with no agreement on it any more: what was agreed to is not what stands there now. */
export function reopened(one: Case, failure: string | null): Case {
  return {
    ...one,
    state: 'open',
    requester: null,
    submittedAt: null,
    lapsesAt: null,
    payloadHash: null,
    preview: null,
    limits: [],
    approval: null,
    approver: null,
    approvedAt: null,
    approvedHash: null,
    comment: null,
    failure,
    version: one.version + 1,
  };
}

/** A case as it begins. */
export function newCase(
  deps: Pick<Deps, 'newId'>,
  customer: CustomerKey,
  begun: Pick<Case, 'kind' | 'evidence' | 'outcome' | 'openedBy' | 'openedAt'>,
): Case {
  const { lane, customerId } = customer;
  const base = { lane, customerId, caseId: withLane(deps.newId(), lane), startedAt: null, finishedAt: null };
  return { ...reopened({ ...base, ...begun, result: null, version: 0 } as Case, null) };
}
