// Credits that move between pools of one customer keep what they are: category, priority, dates, features and what was
// paid for them. They leave in draw order, as use would take them.
import { poolAccount } from './account.ts';
import { formatCredits, lesser } from './amount.ts';
import { costOfMoved } from './cost-basis.ts';
import { payWhatIsOwed } from './lot-opening.ts';
import { byDrawOrder, isOpenAt, remaining } from './lot.ts';
import { beginEntry, type LotState, type Moment, moveStock, type PoolBook } from './pool-book.ts';
import type { EntryDraft } from './pool-changes.ts';
import { refuse, type Refused } from './rejection.ts';

export interface Transfer {
  readonly transferId: string;
  readonly amount: bigint;
  readonly actor: string;
  readonly reason: string;
}

export interface Transferred {
  readonly entryId: string;
  readonly lotIds: readonly string[];
}

/** Moves credits from one pool of a customer to another, where the plan allows it; nothing moves when it is too little. */
export function transferCredits(
  from: PoolBook,
  to: PoolBook,
  transfer: Transfer,
  moment: Moment,
): Transferred | Refused {
  const { amount } = transfer;
  if (from.terms?.policy.transfers !== 'within_customer') {
    return refuse('transfer_not_allowed', `Plan ${from.terms?.plan ?? 'of this customer'} allows no transfers.`);
  }
  if (from.poolId === to.poolId) {
    return refuse('invalid_request', 'Both ends are the same pool; name two members.', { param: 'to' });
  }
  const lots = [...from.lots.values()]
    .filter((lot) => lot.onlyHoldId === null && isOpenAt(lot, moment.now) && remaining(lot) > 0n)
    .toSorted(byDrawOrder);
  const available = lots.reduce((sum, lot) => sum + remaining(lot), 0n);
  if (available < amount) {
    return {
      rejected: {
        code: 'insufficient_credits',
        message: `${formatCredits(amount)} credits to move, ${formatCredits(available)} available there. Lower the amount.`,
        details: {
          needed: formatCredits(amount),
          available: formatCredits(available),
          limit: 'balance',
          lifted_by: 'the account owner, by buying credits',
        },
      },
    };
  }
  const entry = beginEntry(from, {
    entryId: moment.newId(),
    kind: 'transfer',
    effectiveAt: moment.now,
    actor: transfer.actor,
    reason: transfer.reason,
    sourceType: 'transfer',
    sourceId: transfer.transferId,
  });
  const lotIds: string[] = [];
  let owed = amount;
  for (const lot of lots) {
    const part = lesser(remaining(lot), owed);
    if (part === 0n) break;
    owed -= part;
    lotIds.push(moveLot(from, to, { lot, part, entry, sourceId: `${transfer.transferId}/${lotIds.length}` }, moment));
  }
  from.changes.trueUpCause = entry.entryId;
  for (const lotId of lotIds) {
    const lot = to.lots.get(lotId);
    if (lot !== undefined) payWhatIsOwed(to, lot, entry, moment);
  }
  return { entryId: entry.entryId, lotIds };
}

function moveLot(
  from: PoolBook,
  to: PoolBook,
  {
    lot,
    part,
    entry,
    sourceId,
  }: { readonly lot: LotState; readonly part: bigint; readonly entry: EntryDraft; readonly sourceId: string },
  { now, newId }: Moment,
): string {
  const moved: LotState = {
    ...lot,
    lotId: newId(),
    poolId: to.poolId,
    source: 'transferred',
    createdAt: now,
    billingPeriodId: null,
    originLotId: lot.lotId,
    granted: part,
    drawn: 0n,
    held: 0n,
    frozen: 0n,
    ended: 0n,
    moved: 0n,
    paidMinor: costOfMoved(lot, part),
    sourceType: 'transfer',
    sourceId,
  };
  moveStock(from, entry, {
    lotId: lot.lotId,
    amount: part,
    from: { account: 'available', counter: null },
    to: { account: 'transferred_out', counter: 'ended' },
  });
  lot.moved += part;
  to.lots.set(moved.lotId, moved);
  to.changes.newLots.add(moved.lotId);
  entry.postings.push({
    from: poolAccount('issued.transferred', to.poolId, to.unit),
    to: poolAccount('available', to.poolId, to.unit),
    amount: part,
    lotId: moved.lotId,
  });
  return moved.lotId;
}
