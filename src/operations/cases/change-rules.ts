import type { ApprovalRules } from '../../domain/approval.ts';
import { refusedText } from '../../domain/free-text.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { insertApprovalRules, readApprovalRules, type StoredRules } from '../../storage/approval-rules.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';

export interface RulesChange extends Partial<Omit<ApprovalRules, 'version'>> {
  readonly reason: string;
}

/** The limits in force from now on: a new version with a name under it. What waits is held against the old ones. */
export async function changeRules(deps: Deps, acting: Acting, change: RulesChange): Promise<StoredRules | Refused> {
  const refusal = refusedText(change.reason, 'reason', 500);
  if (refusal !== null) return refusal;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'rules.change');
    if ('rejected' in actor) return actor;
    const before = await readApprovalRules(trx);
    const after = {
      ...before,
      ...change,
      version: before.version + 1,
      changedBy: actor.subject,
      changedAt: await now(trx),
    };
    if (!(await insertApprovalRules(trx, after))) {
      return refuse('case_changed', 'somebody else changed the rules meanwhile; look at them again');
    }
    await audit(deps, trx, actor, {
      action: 'rules.changed',
      objectType: 'approval_rules',
      objectId: String(after.version),
      before,
      after,
      reason: change.reason,
    });
    if (after.approvals === 'single_operator' && before.approvals !== 'single_operator') {
      deps.log.warn({ actor: actor.subject }, 'from now on one person may release what he asked for himself');
    }
    return after;
  });
}

/** The limits in force, for whoever may see cases. */
export async function readRules(deps: Pick<Deps, 'db'>, acting: Acting): Promise<StoredRules | Refused> {
  const actor = await permitted(deps.db, acting, 'case.read');
  return 'rejected' in actor ? actor : readApprovalRules(deps.db);
}
