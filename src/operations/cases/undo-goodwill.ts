import { formatCredits } from '../../domain/amount.ts';
import { UNDO_MS } from '../../domain/approval.ts';
import type { Case } from '../../domain/case-record.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { forgetAuthorityUse } from '../../storage/approval-rules.ts';
import { lockCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { takeBackIn } from '../take-back-credits.ts';
import { saveCase, unknownCase, wrongState } from './case-record.ts';
import { journalName } from './execute-case.ts';

/**
 * Takes goodwill back within 15 minutes, while nothing of it is spent or held: as if it had not been given. Afterwards a
 * correction takes back what is left.
 */
export async function undoGoodwill(deps: Deps, acting: Acting, caseId: string): Promise<Case | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.request');
    if ('rejected' in actor) return actor;
    const before = await lockCase(trx, caseId);
    if (before === null) return unknownCase();
    if (before.state === 'undone') return before;
    const lotId = before.result?.lotId;
    if (before.state !== 'done' || before.finishedAt === null || lotId === undefined) {
      return wrongState(before, 'undone');
    }
    const at = await now(trx);
    if (at.getTime() - before.finishedAt.getTime() > UNDO_MS) {
      return refuse(
        'undo_too_late',
        'these credits were given more than 15 minutes ago; open a correction to take back what is unspent',
      );
    }
    const taken = await takeBackIn(deps, trx, {
      customer: before,
      lotId,
      caseId,
      actor: await journalName(trx, actor.subject),
      reason: `undone (${before.evidence.ticket ?? ''})`,
      onlyUntouched: true,
    });
    if (typeof taken !== 'bigint') return taken;
    await forgetAuthorityUse(trx, caseId, at);
    const result = { ...before.result, customerText: '', takenBack: formatCredits(taken) };
    const after: Case = { ...before, state: 'undone', result };
    return saveCase(deps, trx, actor, { action: 'case.undone', before, after });
  });
}
