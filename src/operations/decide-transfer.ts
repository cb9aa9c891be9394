// A transfer between pools of one customer, against its book.
import { formatCredits } from '../domain/amount.ts';
import { poolFor } from '../domain/member-pool.ts';
import type { Moment, PoolBook } from '../domain/pool-book.ts';
import { availableAt } from '../domain/pool-stock.ts';
import type { Refused } from '../domain/rejection.ts';
import { transferCredits } from '../domain/transfer.ts';
import type { CreditTransfer, TransferAnswer } from './pool-request.ts';

/** Moves the credits; the pool of a member that was never seen before is opened by what it is given. */
export function decideTransfer(root: PoolBook, request: CreditTransfer, moment: Moment): TransferAnswer | Refused {
  const giver = poolFor(root, request.from, moment.now, moment);
  const taker = poolFor(root, request.to, moment.now, moment);
  const transferId = moment.newId();
  const moved = transferCredits(giver, taker, { ...request, transferId }, moment);
  if ('rejected' in moved) return moved;
  return {
    transferId,
    entryId: moved.entryId,
    credits: formatCredits(request.amount),
    lotIds: moved.lotIds,
    availableFrom: formatCredits(availableAt(giver, moment.now)),
    availableTo: formatCredits(availableAt(taker, moment.now)),
  };
}
