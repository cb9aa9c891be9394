// One request against one book. No database here.
import { poolAsked, poolBeside, poolFor } from '../domain/member-pool.ts';
import { familyOf, type Moment, type PoolBook } from '../domain/pool-book.ts';
import type { Refused } from '../domain/rejection.ts';
import { noPeriod } from '../domain/usage.ts';
import type { BurnRateRow } from '../storage/plans.ts';
import { decideCapture, decideHold, decideRelease, once, unknownHold } from './decide-hold.ts';
import { decideTransfer } from './decide-transfer.ts';
import { decideCheck, decideUsage } from './decide-usage.ts';
import type { Earlier } from './earlier.ts';
import type { HoldAnswer, PoolAnswer, PoolRequest } from './pool-request.ts';
import { unenforcedOf } from './unenforced-actions.ts';

/** Decides one request; a refusal leaves book and earlier answers as they were. */
export function decidePoolRequest(
  root: PoolBook | undefined,
  request: PoolRequest,
  rates: readonly BurnRateRow[],
  earlier: Earlier,
  moment: Moment,
): PoolAnswer {
  if (request.kind === 'touch') return { kind: 'touched' };
  if (root === undefined) {
    const action = 'action' in request ? request.action : 'this';
    return 'holdId' in request ? refused(unknownHold()) : refused(noPeriod(action));
  }
  switch (request.kind) {
    case 'usage': {
      const since = request.occurredAt ?? moment.now;
      const book = unenforcedOf(rates).has(request.action)
        ? poolBeside(root, request.member)
        : poolFor(root, request.member, since, moment);
      const usage = decideUsage(book, request, rates, earlier, moment);
      return 'rejected' in usage ? refused(usage) : { kind: 'usage', usage };
    }
    case 'check': {
      const book = poolAsked(root, request.member ?? null, moment);
      const check = decideCheck(book, request, rates, moment);
      return 'rejected' in check ? refused(check) : { kind: 'check', check };
    }
    case 'hold': {
      const book = unenforcedOf(rates).has(request.action)
        ? poolBeside(root, request.member)
        : poolFor(root, request.member, moment.now, moment);
      return answered(once(book, request, earlier, () => decideHold(book, request, rates, moment)));
    }
    case 'capture': {
      const book = poolOfHold(root, request.holdId);
      return answered(once(book, request, earlier, () => decideCapture(book, request, rates, moment)));
    }
    case 'release': {
      const book = poolOfHold(root, request.holdId);
      return answered(once(book, request, earlier, () => decideRelease(book, request, moment)));
    }
    case 'transfer': {
      const answer = once(root, request, earlier, () => decideTransfer(root, request, moment));
      if ('rejected' in answer) return refused(answer);
      return { kind: 'transfer', transfer: answer.effect, replayed: answer.replayed };
    }
  }
}

function poolOfHold(root: PoolBook, holdId: string): PoolBook {
  return familyOf(root).find(({ holds }) => holds.has(holdId)) ?? root;
}

function answered(answer: { readonly effect: HoldAnswer; readonly replayed: boolean } | Refused): PoolAnswer {
  return 'rejected' in answer ? refused(answer) : { kind: 'hold', hold: answer.effect, replayed: answer.replayed };
}

function refused(refusal: Refused): PoolAnswer {
  return { kind: 'refused', ...refusal };
}
