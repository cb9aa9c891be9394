import type { Case } from '../../domain/case-record.ts';
import { type CaseKind, type Evidence, mayChange, type Outcome } from '../../domain/case.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { lockCase, readCase } from '../../storage/cases.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { reopened, saveCase, unknownCase, wrongState } from './case-record.ts';
import { refusedInvoice, refusedTexts, refusedUsage } from './open-case.ts';

export interface CaseChange {
  readonly caseId: string;
  readonly kind?: CaseKind;
  /** Only what changes; null takes it away. */
  readonly evidence?: Partial<Evidence>;
  readonly outcome?: Outcome | null;
}

/** Adds evidence or changes what shall be done. Whatever was submitted or approved is void then. */
export async function changeCase(deps: Deps, acting: Acting, change: CaseChange): Promise<Case | Refused> {
  const seen = await readCase(deps.db, change.caseId);
  if (seen === null) return unknownCase();
  const evidence = { ...seen.evidence, ...change.evidence };
  const outcome = change.outcome === undefined ? seen.outcome : change.outcome;
  const refusal = refusedTexts(evidence, outcome) ?? (await refusedInvoice(deps, seen, evidence.invoiceId));
  if (refusal !== null) return refusal;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.request');
    if ('rejected' in actor) return actor;
    const before = await lockCase(trx, change.caseId);
    if (before === null) return unknownCase();
    if (!mayChange(before.state)) return wrongState(before, 'changed');
    if (before.version !== seen.version) {
      return refuse('case_changed', 'somebody else changed this case meanwhile; look at it again');
    }
    const unknown = await refusedUsage(trx, before, evidence.usageEventIds);
    if (unknown !== null) return unknown;
    const after = { ...reopened(before, null), kind: change.kind ?? before.kind, evidence, outcome };
    const agreed = before.state === 'waiting' || before.state === 'approved';
    const action = agreed ? 'case.changed_and_approval_voided' : 'case.changed';
    return saveCase(deps, trx, actor, { action, before, after });
  });
}
