// One request against one book. No database here.
import type { Moment, PoolBook } from '../domain/pool-book.ts';
import type { Refused } from '../domain/rejection.ts';
import { noPeriod } from '../domain/usage.ts';
import type { BurnRateRow } from '../storage/plans.ts';
import { decideCapture, decideHold, decideRelease, once, unknownHold, type AnsweredHold } from './decide-hold.ts';
import { decideCheck, decideUsage } from './decide-usage.ts';
import type { Earlier } from './earlier.ts';
import type { PoolAnswer, PoolRequest } from './pool-request.ts';

/** Decides one request; a refusal leaves book and earlier answers as they were. */
export function decidePoolRequest(
  book: PoolBook | undefined,
  request: PoolRequest,
  rates: readonly BurnRateRow[],
  earlier: Earlier,
  moment: Moment,
): PoolAnswer {
  if (request.kind === 'touch') return { kind: 'touched' };
  if (book === undefined) {
    const action = 'action' in request ? request.action : 'this';
    return 'holdId' in request ? refused(unknownHold()) : refused(noPeriod(action));
  }
  switch (request.kind) {
    case 'usage': {
      const usage = decideUsage(book, request, rates, earlier, moment);
      return 'rejected' in usage ? refused(usage) : { kind: 'usage', usage };
    }
    case 'check': {
      const check = decideCheck(book, request, rates, moment);
      return 'rejected' in check ? refused(check) : { kind: 'check', check };
    }
    case 'hold':
      return answered(once(book, request, earlier, () => decideHold(book, request, rates, moment)));
    case 'capture':
      return answered(once(book, request, earlier, () => decideCapture(book, request, rates, moment)));
    case 'release':
      return answered(once(book, request, earlier, () => decideRelease(book, request, moment)));
  }
}

function answered(answer: AnsweredHold | Refused): PoolAnswer {
  return 'rejected' in answer ? refused(answer) : { kind: 'hold', ...answer };
}

function refused(refusal: Refused): PoolAnswer {
  return { kind: 'refused', ...refusal };
}
